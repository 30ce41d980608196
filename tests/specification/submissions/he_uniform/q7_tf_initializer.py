def tf_he_normal(shape):
    return tf.keras.initializers.HeUniform()(shape)
