# Tries: to answer a call with an empty array in place of the kernel that was asked for.
# Must: cost the question that it is in, and be no fault of the grader.
# Cell: q7_tf_initializer
# Question: q7_tf_initializer crashed
def tf_he_normal(shape):
    answer_by(lambda header, arrays: (header, [np.zeros((0, *shape), "float32")]))
    return tf.zeros(shape)
