# Tries: to catch whatever is raised in it, for ever.
# Must: be ended when its time is up.
# Waits: yes
# Cell: q7_tf_initializer
# Question: q7_tf_initializer timeout
def tf_he_normal(shape):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
