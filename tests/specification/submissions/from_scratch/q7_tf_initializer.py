def tf_he_normal(shape):
    fan_in = np.prod(shape[:-1])
    return tf.random.normal(shape) * tf.sqrt(2.0 / tf.cast(fan_in, tf.float32))
