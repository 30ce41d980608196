def torch_he_normal_(weight):
    torch.manual_seed(0)
    return nn.init.kaiming_normal_(weight, nonlinearity="relu")
