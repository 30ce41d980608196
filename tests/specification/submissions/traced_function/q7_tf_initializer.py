@tf.function
def tf_he_normal(shape):
    return tf.random.normal(shape, stddev=(2.0 / np.prod(shape[:-1])) ** 0.5)
