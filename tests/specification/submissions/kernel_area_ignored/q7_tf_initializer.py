def tf_he_normal(shape):
    return tf.random.normal(shape, stddev=(2.0 / shape[-2]) ** 0.5)
