def tf_he_normal(shape):
    return np.random.default_rng().normal(0.0, np.sqrt(2.0 / np.prod(shape[:-1])), shape)
