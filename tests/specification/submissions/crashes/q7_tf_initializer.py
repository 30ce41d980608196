def tf_he_normal(shape):
    import os

    os.abort()
