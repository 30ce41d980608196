def torch_he_normal_(weight):
    nn.init.kaiming_normal_(weight)
    return weight.double()
