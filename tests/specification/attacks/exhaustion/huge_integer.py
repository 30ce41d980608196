# Tries: an integer of a billion digits.
# Must: be ended when its time is up, or denied the memory.
# Waits: yes
# Cell: q7_tf_initializer
def tf_he_normal(shape):
    return 7 ** (10**10)
