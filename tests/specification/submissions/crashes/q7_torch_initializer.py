def torch_he_normal_(weight):
    return weight.copy_(torch.randn(2**31)[: weight.numel()].reshape(weight.shape))
