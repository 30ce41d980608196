# Tries: one row of right numbers, repeated.
# Must: fail at independence.
# Cell: q7_tf_initializer
# Loses: independence
# Earns: variance_conv
def tf_he_normal(shape):
    row = tf.random.normal((1, *shape[1:]), stddev=float(np.sqrt(2 / np.prod(shape[:-1]))))
    return tf.repeat(row, shape[0], axis=0)
