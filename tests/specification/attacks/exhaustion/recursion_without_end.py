# Tries: recursion without end.
# Must: be a RecursionError, and cost the question that it is in.
# Cell: q7_tf_initializer
# Question: q7_tf_initializer error
def tf_he_normal(shape):
    return tf_he_normal(shape)
