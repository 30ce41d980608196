# Tries: a view that shows one row of memory as a whole kernel.
# Must: fail at independence: what is judged is what it shows.
# Cell: q7_torch_initializer
# Loses: independence
# Earns: variance_conv
def torch_he_normal_(weight):
    row = torch.randn(1, *weight.shape[1:]) * (2.0 / weight[0].numel()) ** 0.5
    return row.expand(weight.shape)
