def torch_he_normal_(weight):
    return nn.init.kaiming_normal_(weight, mode="fan_in", nonlinearity="relu")
