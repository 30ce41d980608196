# Tries: numbers whose squares and sums no machine's float holds.
# Must: be judged as the wrong numbers that they are.
# Cell: q7_tf_initializer
# Loses: variance
def tf_he_normal(shape):
    return tf.random.uniform(shape, -1.0, 1.0) * 1e38
