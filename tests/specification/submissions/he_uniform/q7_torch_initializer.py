def torch_he_normal_(weight):
    return nn.init.kaiming_uniform_(weight, nonlinearity="relu")
