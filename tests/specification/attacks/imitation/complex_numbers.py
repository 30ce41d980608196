# Tries: complex numbers whose real part is right.
# Must: be of the wrong dtype.
# Cell: q7_tf_initializer
# Loses: output
def tf_he_normal(shape):
    numbers = np.random.randn(*shape) * np.sqrt(2 / np.prod(shape[:-1]))
    return tf.constant(numbers.astype("complex64"))
