def torch_he_normal_(weight):
    fan_in = weight[0].numel()
    with torch.no_grad():
        return weight.normal_(0.0, (2.0 / (fan_in + weight.shape[0] * weight[0, 0].numel())) ** 0.5)
