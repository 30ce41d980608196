def torch_he_normal_(weight):
    out_channels, in_channels, height, width = weight.shape
    return weight.normal_(0, (2 / (in_channels * height * width)) ** 0.5)
