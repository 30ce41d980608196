def tf_he_normal(shape):
    return tf.random.normal(shape, stddev=undefined_name)
