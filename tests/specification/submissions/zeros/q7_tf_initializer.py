def tf_he_normal(shape):
    return tf.zeros(shape)
