def torch_he_normal_(weight):
    with torch.no_grad():
        return weight.normal_(0, (2.0 / weight.shape[1]) ** 0.5)
