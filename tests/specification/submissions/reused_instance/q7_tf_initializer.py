INITIALIZER = tf.keras.initializers.HeNormal()


def tf_he_normal(shape):
    return INITIALIZER(shape)
