# Tries: infinities of both signs.
# Must: be no answer.
# Cell: q7_tf_initializer
# Loses: output
def tf_he_normal(shape):
    return tf.where(tf.random.uniform(shape) < 0.5, float("inf"), -float("inf"))
