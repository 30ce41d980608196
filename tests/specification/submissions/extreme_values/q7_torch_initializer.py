def torch_he_normal_(weight):
    return torch.randn(weight.shape, dtype=torch.float64) * 1e-100
