def normal(shape):
    return tf.random.normal(shape, stddev=(2 / math.prod(shape[:-1])) ** 0.5)

# %% NumPy's scalars
def tf_he_normal(shape):
    return tf.random.normal([np.int64(n) for n in shape], stddev=np.float32((2 / math.prod(shape[:-1])) ** 0.5))

# %% keras.random
def tf_he_normal(shape):
    return keras.random.normal(shape, stddev=(2 / math.prod(shape[:-1])) ** 0.5)

# %% traced function
tf_he_normal = tf.function(normal)

# %% variable returned; fails output: it returned tf.Variable
def tf_he_normal(shape):
    return tf.Variable(normal(shape))

# %% Keras's variable returned; fails output: it returned keras.Variable
def tf_he_normal(shape):
    return keras.Variable(normal(shape))

# %% bfloat16; fails output: the returned tensor is bfloat16
def tf_he_normal(shape):
    return tf.cast(normal(shape), tf.bfloat16)

# %% ragged tensor; fails output: RaggedTensor
def tf_he_normal(shape):
    return tf.RaggedTensor.from_tensor(normal(shape))

# %% tensor of a graph; fails output: tf.Tensor that cannot be read
def tf_he_normal(shape):
    with tf.Graph().as_default():
        return normal(shape)
