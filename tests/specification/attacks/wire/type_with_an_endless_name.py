# Tries: a call's answer whose type has a name of slashes and escape sequences.
# Must: be cut before any pattern looks at it.
# Cell: q7_tf_initializer
# Loses: output
def tf_he_normal(shape):
    kind = "\x1b]" * 5_000 + "/" * 50_000
    answer_by(lambda header, arrays: ({**header, "kind": kind, "dtype": kind, "shape": [2] * 8, "values": None}, []))
    return tf.zeros(shape)
