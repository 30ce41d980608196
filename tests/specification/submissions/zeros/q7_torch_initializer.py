def torch_he_normal_(weight):
    return nn.init.zeros_(weight)
