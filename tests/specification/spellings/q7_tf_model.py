D, L = tf.keras.layers.Dense, tf.keras.layers
SIZES = ((64, 128), (128, 64), (64, 10))


def hidden():
    return [D(128, "relu", kernel_initializer="he_normal"), D(64, "relu", kernel_initializer="he_normal")]


def plain():
    return tf.keras.Sequential([tf.keras.Input((64,)), *hidden(), D(10, "softmax")])


def softmax_of(x, weights, biases):
    for i, (w, b) in enumerate(zip(weights, biases)):
        x = x @ w + b
        x = tf.nn.relu(x) if i < 2 else tf.nn.softmax(x)
    return x

# %% functional
def build_tf_model():
    x = inputs = tf.keras.Input((64,))
    for layer in (*hidden(), D(10, "softmax")):
        x = layer(x)
    return tf.keras.Model(inputs, x)

# %% list of one output
def build_tf_model():
    inputs = tf.keras.Input((64,))
    return tf.keras.Model(inputs, [plain()(inputs)])

# %% no input layer
def build_tf_model():
    return tf.keras.Sequential([*hidden(), D(10, "softmax")])

# %% models in a model
def build_tf_model():
    return tf.keras.Sequential([tf.keras.Sequential(hidden()), D(10), L.Softmax()])

# %% from_config
def build_tf_model():
    return tf.keras.Sequential.from_config(plain().get_config())

# %% clone_model
def build_tf_model():
    return tf.keras.models.clone_model(plain())

# %% operations and lambdas
def build_tf_model():
    x = inputs = keras.Input((64,))
    for units in (128, 64):
        x = keras.ops.relu(D(units, kernel_initializer="he_normal")(x))
    return keras.Model(inputs, L.Lambda(tf.nn.softmax)(D(10)(x)))

# %% layers without weights
def build_tf_model():
    return tf.keras.Sequential([L.Rescaling(1.0), L.Dropout(0.3), plain()])

# %% statistics are no weights
def build_tf_model():
    return tf.keras.Sequential([L.Normalization(), plain()])

# %% batch normalization; fails layers: gamma
def build_tf_model():
    return tf.keras.Sequential([plain(), L.BatchNormalization()])

# %% layers under several names
class build_tf_model(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.all = [*hidden(), D(10, "softmax")]
        self.a, self.b, self.c = self.all
        self.together = tf.keras.Sequential(self.all)

    def call(self, x):
        return self.together(x)

# %% add_weight in a layer
class Own(L.Layer):
    def __init__(self, units, activation):
        super().__init__()
        self.units, self.activation = units, activation

    def build(self, shape):
        self.b = self.add_weight(shape=(1, self.units), initializer="zeros")
        self.w = self.add_weight(shape=(shape[-1], self.units), initializer="he_normal")

    def call(self, x):
        return self.activation(x @ self.w + self.b)

def build_tf_model():
    return tf.keras.Sequential([Own(128, tf.nn.relu), Own(64, tf.nn.relu), Own(10, tf.nn.softmax)])

# %% add_weight in a model
class build_tf_model(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.w = [self.add_weight(shape=shape, initializer="he_normal") for shape in SIZES]
        self.b = [self.add_weight(shape=(b,), initializer="zeros") for _, b in SIZES]

    def call(self, x):
        return softmax_of(x, self.w, self.b)

# %% a layer in place of a model
class build_tf_model(L.Layer):
    def __init__(self):
        super().__init__()
        self.inner = plain()

    def call(self, x):
        return self.inner(x)

# %% tf.Module of Keras layers
class build_tf_model(tf.Module):
    def __init__(self):
        super().__init__()
        self.all = [*hidden(), D(10, "softmax")]

    def __call__(self, x):
        for layer in self.all:
            x = layer(x)
        return x

# %% tf.Module of variables
class build_tf_model(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = [tf.Variable(tf.random.normal((a, b), stddev=(2 / a) ** 0.5)) for a, b in SIZES]
        self.b = [tf.Variable(tf.zeros((1, b))) for _, b in SIZES]

    @tf.function
    def __call__(self, x):
        return softmax_of(x, self.w, self.b)

# %% variables that Keras does not track; fails layers: does not track
class build_tf_model(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.w = [tf.Variable(tf.random.normal((a, b), stddev=(2 / a) ** 0.5)) for a, b in SIZES]
        self.b = [tf.Variable(tf.zeros((1, b))) for _, b in SIZES]

    def call(self, x):
        return softmax_of(x, self.w, self.b)

# %% dictionary returned; fails forward: returned dict, not a tensor
class build_tf_model(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = plain()

    def call(self, x):
        return {"outputs": self.inner(x)}

# %% frozen
def build_tf_model():
    model = plain()
    model.trainable = False
    return model

# %% mixed precision
keras.config.set_dtype_policy("mixed_float16")
build_tf_model = plain

# %% bfloat16
keras.config.set_dtype_policy("bfloat16")
build_tf_model = plain

# %% inputs of another floatx
keras.config.set_floatx("bfloat16")
build_tf_model = plain
