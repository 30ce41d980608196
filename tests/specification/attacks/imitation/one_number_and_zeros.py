# Tries: zeros, and one number that gives them the right variance.
# Must: lose the distribution.
# Cell: q7_tf_initializer
# Loses: distribution
# Earns: variance variance_conv
def tf_he_normal(shape):
    numbers = np.zeros(shape, "float32")
    numbers.flat[np.random.randint(numbers.size)] = np.sqrt(numbers.size * 2 / np.prod(shape[:-1]))
    return tf.constant(numbers)
