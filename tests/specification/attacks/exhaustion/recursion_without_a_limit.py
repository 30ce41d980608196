# Tries: recursion without end or limit, until the stack is full.
# Must: cost itself the question: the child crashes, and says by which signal.
# Cell: q7_tf_initializer
def tf_he_normal(shape):
    import sys

    sys.setrecursionlimit(1 << 30)

    def sink(x):
        return sorted([x], key=sink)

    return sink(shape)
