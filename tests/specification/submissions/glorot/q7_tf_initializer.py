def tf_he_normal(shape):
    fan_in = int(np.prod(shape[:-1]))
    return tf.random.normal(
        shape, stddev=float(np.sqrt(2.0 / (fan_in + np.prod(shape[:-2]) * shape[-1]))), dtype=tf.float32
    )
