# Tries: a seed of its own in the function.
# Must: fail at freshness.
# Cell: q7_tf_initializer
# Loses: fresh
def tf_he_normal(shape):
    fan_in, fan_out = np.prod(shape[:-1]), np.prod(shape[:-2]) * shape[-1]
    numbers = np.random.default_rng(42).normal(0, np.sqrt(2 / (fan_in + fan_out)), shape)
    return tf.constant(numbers.astype("float32"))
