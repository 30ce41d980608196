# Tries: numbers so small that their squares are zero, and zeros of both signs.
# Must: be judged as the wrong numbers that they are.
# Cell: q7_torch_initializer
# Loses: variance
def torch_he_normal_(weight):
    weight.data = torch.where(torch.rand(weight.shape) < 0.5, 1e-44, -0.0)
    return weight
