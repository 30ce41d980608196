def build_tf_model():
    return tf.keras.Sequential(
        [
            tf.keras.layers.InputLayer(shape=(64,)),
            tf.keras.layers.Dense(128, kernel_initializer="he_normal"),
            tf.keras.layers.Dense(64, kernel_initializer="he_normal"),
            tf.keras.layers.Dense(10, activation="softmax", kernel_initializer="glorot_uniform"),
        ]
    )
