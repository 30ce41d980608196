class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden1 = tf.keras.layers.Dense(128)
        self.hidden2 = tf.keras.layers.Dense(64)
        self.top = tf.keras.layers.Dense(10)

    def call(self, x):
        x = tf.nn.relu(self.hidden1(x))
        x = tf.nn.relu(self.hidden2(x))
        return tf.nn.softmax(self.top(x))


def build_tf_model():
    net = Net()
    net(tf.zeros((1, 64)))
    for layer in (net.hidden1, net.hidden2):
        layer.kernel.assign(tf_he_normal(layer.kernel.shape))
    return net
