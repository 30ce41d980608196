def tf_he_normal(shape):
    return tf.random.normal(shape, stddev=float(np.sqrt(2.0 / (np.prod(shape[:-2]) * shape[-1]))), dtype=tf.float32)
