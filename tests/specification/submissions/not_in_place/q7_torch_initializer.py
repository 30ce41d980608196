def torch_he_normal_(weight):
    return torch.randn_like(weight) * (2.0 / weight[0].numel()) ** 0.5
