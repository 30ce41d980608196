def tf_he_normal(shape):
    return tf.keras.initializers.HeNormal(seed=42)(shape)
