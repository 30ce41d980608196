# Tries: numbers of the right mean and variance and of no normal law: plus or minus sigma.
# Must: earn the mean and the variance, which it has, and lose the distribution.
# Cell: q7_tf_initializer
# Loses: distribution
# Earns: variance variance_conv
def tf_he_normal(shape):
    sign = tf.cast(tf.random.uniform(shape) < 0.5, tf.float32) * 2.0 - 1.0
    return sign * float(np.sqrt(2 / np.prod(shape[:-1])))
