# Tries: an array of Python objects, as whose pickle code could travel.
# Must: never be pickled, nor sent.
# Cell: q7_tf_initializer
# Loses: output
class Bomb:
    def __reduce__(self):
        return (print, ("a pickle was opened",))


def tf_he_normal(shape):
    return np.full(tuple(shape), Bomb(), dtype=object)
