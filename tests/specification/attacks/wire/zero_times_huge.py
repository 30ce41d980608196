# Tries: to answer a call with an array of no elements and huge sizes, under the right number.
# Must: cost the question that it is in, and be no fault of the grader.
# Cell: q7_tf_initializer
# Question: q7_tf_initializer crashed
def tf_he_normal(shape):
    huge = [["float32", [0] + [16 * 2**20] * 7]]
    answer_by(lambda header, arrays: frame({**header, "shape": [0], "values": 0, "arrays": huge}))
    return tf.zeros(shape)
