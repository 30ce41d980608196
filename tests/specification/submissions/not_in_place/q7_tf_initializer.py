def tf_he_normal(shape):
    return tf.transpose(tf.keras.initializers.HeNormal()(shape))
