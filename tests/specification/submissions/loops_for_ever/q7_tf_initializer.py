def tf_he_normal(shape):
    while True:
        pass
