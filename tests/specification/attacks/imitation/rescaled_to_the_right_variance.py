# Tries: uniform numbers, rescaled to exactly the right mean and variance.
# Must: earn the mean and the variance, which it has, and lose the distribution.
# Cell: q7_tf_initializer
# Loses: distribution
# Earns: variance variance_conv
def tf_he_normal(shape):
    numbers = np.random.rand(*shape)
    numbers = (numbers - numbers.mean()) / numbers.std() * np.sqrt(2 / np.prod(shape[:-1]))
    return tf.constant(numbers.astype("float32"))
