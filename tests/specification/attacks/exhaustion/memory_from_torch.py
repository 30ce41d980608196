# Tries: to take 64 GiB in one torch tensor.
# Must: cost the question that it is in.
# Cell: q7_torch_initializer
# Question: q7_torch_initializer memory
def torch_he_normal_(weight):
    return torch.ones(1 << 34)
