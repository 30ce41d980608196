# Tries: to read address 0.
# Must: cost itself the question: the signal is named.
# Cell: q7_torch_initializer
# Question: q7_torch_initializer crashed
def torch_he_normal_(weight):
    import ctypes

    return ctypes.string_at(0)
