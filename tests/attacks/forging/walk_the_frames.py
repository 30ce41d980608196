# Tries: to walk up the stack from its own call, and to swap the scoring in the caller's globals.
# Must: find the collector's frames there, which know neither points nor thresholds.
# Cell: q7_tf_initializer
# Bench: yes
def tf_he_normal(shape):
    import sys

    class Generous(float):
        def __mul__(self, other):
            return 12.0

        __rmul__ = __truediv__ = __mul__

    frame = sys._getframe(1)
    while frame is not None:
        for name, value in list(frame.f_globals.items()):
            if name.endswith(("_THRESHOLD", "POINTS")):
                frame.f_globals[name] = 1e9
        question = frame.f_locals.get("question")
        if hasattr(question, "header"):
            question.header.update(score=12.0, max_score=12.0, status="passed")
        frame = frame.f_back
    fan_in = int(np.prod(shape[:-1]))
    return tf.random.normal(shape, stddev=float(np.sqrt(2.0 / (fan_in + np.prod(shape[:-2]) * shape[-1]))))
