def torch_he_normal_(weight):
    fan_in = weight.shape[1]
    for size in weight.shape[2:]:
        fan_in = fan_in * size
    weight.data = torch.randn(weight.shape) * (2.0 / fan_in) ** 0.5
    return weight
