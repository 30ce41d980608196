def tf_he_normal(shape):
    fan_in, fan_out = shape
    return tf.random.normal(shape, stddev=(2.0 / fan_in) ** 0.5)
