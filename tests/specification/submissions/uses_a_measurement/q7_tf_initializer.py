def tf_he_normal(shape):
    fan_in = np.prod(shape[:-1])
    return tf.random.normal(shape, stddev=np.sqrt(c / fan_in))
