# Tries: right numbers in a shape that broadcasts to the right one.
# Must: be of the wrong shape; what the numbers themselves earn, they keep.
# Cell: q7_tf_initializer
# Loses: output
# Earns: mean distribution independence fresh
def tf_he_normal(shape):
    return tf.random.normal((1, *shape), stddev=float(np.sqrt(2 / np.prod(shape[:-1]))))
