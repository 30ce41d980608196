# Tries: to take 64 GiB in one TensorFlow tensor.
# Must: cost the question that it is in, once TensorFlow has looked for memory for ten seconds or the time is up.
# Cell: q7_tf_initializer
def tf_he_normal(shape):
    return tf.ones((1 << 34,))
