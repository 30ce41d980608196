# Tries: a function that ends its process in another way each time, by the clock.
# Must: cost the question that it is in.
# Cell: q7_tf_initializer
# Question: q7_tf_initializer crashed
def tf_he_normal(shape):
    import os
    import time

    os.kill(os.getpid(), (4, 6, 7, 8, 11, 31, 37)[time.time_ns() // 1000 % 7])
