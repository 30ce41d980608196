def torch_he_normal_(weight):
    with torch.no_grad():
        return weight.normal_(0.0, (2.0 / (weight.shape[0] * weight[0, 0].numel())) ** 0.5)
