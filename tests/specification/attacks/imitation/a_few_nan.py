# Tries: right numbers with a few NaN among them, to poison sums.
# Must: be no answer.
# Cell: q7_tf_initializer
# Loses: output
def tf_he_normal(shape):
    numbers = np.random.randn(*shape) * np.sqrt(2 / np.prod(shape[:-1]))
    numbers.flat[:: 1000] = np.nan
    return tf.constant(numbers.astype("float32"))
