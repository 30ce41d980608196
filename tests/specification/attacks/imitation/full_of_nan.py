# Tries: NaN, which compares with nothing.
# Must: be no answer.
# Cell: q7_tf_initializer
# Loses: output
def tf_he_normal(shape):
    return tf.fill(shape, float("nan"))
