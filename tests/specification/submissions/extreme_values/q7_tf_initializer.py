def tf_he_normal(shape):
    return tf.random.normal(shape, dtype=tf.float64) * 1e100
