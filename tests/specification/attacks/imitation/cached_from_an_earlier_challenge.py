# Tries: the tensor of the first call for a shape, again at the second.
# Must: fail at freshness; what the first draw earns, it keeps.
# Cell: q7_tf_initializer
# Loses: fresh
kept = {}


def tf_he_normal(shape):
    shape = tuple(shape)
    if shape not in kept:
        fan_in, fan_out = np.prod(shape[:-1]), np.prod(shape[:-2]) * shape[-1]
        kept[shape] = tf.random.normal(shape, stddev=float(np.sqrt(2 / (fan_in + fan_out))))
    return kept[shape]
