# Tries: an object that becomes an array only when somebody asks for it.
# Must: be no tensor.
# Cell: q7_tf_initializer
# Loses: output
class Lazy:
    def __init__(self, shape):
        self.shape, self.dtype = shape, np.dtype("float32")

    def __array__(self, dtype=None, copy=None):
        return np.random.randn(*self.shape).astype("float32") * np.sqrt(2 / np.prod(self.shape[:-1]))


def tf_he_normal(shape):
    return Lazy(tuple(shape))
