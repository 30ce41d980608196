# Tries: zeros, and one number that gives them the right variance.
# Must: lose the variance, which rests on one number.
# Cell: q7_tf_initializer
# Loses: variance
def tf_he_normal(shape):
    numbers = np.zeros(shape, "float32")
    numbers.flat[np.random.randint(numbers.size)] = np.sqrt(numbers.size * 2 / np.prod(shape[:-1]))
    return tf.constant(numbers)
