# Tries: to take 64 GiB in one NumPy array.
# Must: cost the question that it is in.
# Cell: q7_tf_initializer
# Question: q7_tf_initializer memory
def tf_he_normal(shape):
    return tf.constant(np.ones(1 << 33))
