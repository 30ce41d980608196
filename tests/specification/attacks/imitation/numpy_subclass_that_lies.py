# Tries: an array of another class that lies about its shape and its numbers.
# Must: be judged by its bytes.
# Cell: q7_tf_initializer
# Loses: output
class Liar(np.ndarray):
    dtype = property(lambda self: np.dtype("float32"))
    shape = property(lambda self: (64, 128))
    mean = var = std = lambda self, *a, **k: 0.0


def tf_he_normal(shape):
    return np.zeros(tuple(shape), "float32").view(Liar)
