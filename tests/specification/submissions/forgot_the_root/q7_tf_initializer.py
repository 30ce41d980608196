def tf_he_normal(shape):
    fan_in = int(np.prod(shape[:-1]))
    return tf.random.normal(shape, stddev=2.0 / fan_in, dtype=tf.float32)
