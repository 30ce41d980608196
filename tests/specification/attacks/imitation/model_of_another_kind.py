# Tries: an object with layers, weights and outputs as they should be, that is no model.
# Must: be no model.
# Cell: q7_tf_model
class Model:
    def __init__(self):
        shapes = [(64, 128), (128,), (128, 64), (64,), (64, 10), (10,)]
        self.weights = [np.random.randn(*s).astype("float32") * (2 / s[0]) ** 0.5 for s in shapes]
        self.layers = self.trainable_weights = self.variables = self.weights

    def __call__(self, x, training=False):
        return tf.nn.softmax(tf.random.normal((len(x), 10)))


def build_tf_model():
    return Model()
