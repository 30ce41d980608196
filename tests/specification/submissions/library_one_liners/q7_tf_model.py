def build_tf_model():
    return tf.keras.Sequential(
        [
            tf.keras.layers.InputLayer(shape=(64,)),
            tf.keras.layers.Dense(128, activation="relu", kernel_initializer=tf.keras.initializers.HeNormal()),
            tf.keras.layers.Dense(64, activation="relu", kernel_initializer=tf.keras.initializers.HeNormal()),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
