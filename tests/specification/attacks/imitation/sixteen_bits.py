# Tries: 16-bit numbers of two kinds.
# Must: lose the points for float32; what the numbers earn, they keep.
# Cell: q7_tf_initializer
# Loses: output
def tf_he_normal(shape):
    fan_in, fan_out = np.prod(shape[:-1]), np.prod(shape[:-2]) * shape[-1]
    kind = tf.float16 if len(shape) == 2 else tf.bfloat16
    return tf.cast(tf.random.normal(shape, stddev=float(np.sqrt(2 / (fan_in + fan_out)))), kind)
