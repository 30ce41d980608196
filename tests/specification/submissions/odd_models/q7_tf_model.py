def build_tf_model():
    return tf.keras.Sequential([
        tf.keras.Input((64,)),
        tf.keras.layers.Dense(128, use_bias=False, kernel_initializer="he_normal"),
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.ReLU(),
        tf.keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
        tf.keras.layers.Dense(10, activation="softmax"),
    ])
