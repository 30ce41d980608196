# Tries: a regular expression that backtracks for ever.
# Must: be ended when its time is up: Python cannot interrupt it, the kernel can.
# Waits: yes
# Cell: q7_tf_initializer
# Question: q7_tf_initializer timeout
def tf_he_normal(shape):
    import re

    re.match(r"(a+)+$", "a" * 60 + "b")
    return tf.zeros(shape)
