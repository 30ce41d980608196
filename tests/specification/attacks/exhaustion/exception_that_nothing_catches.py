# Tries: an exception that is no Exception, from a call.
# Must: cost the question that it is in.
# Cell: q7_tf_initializer
class Leave(BaseException):
    __module__ = property(lambda self: 1 / 0)


def tf_he_normal(shape):
    raise Leave
