# Tries: to replace what collects the answers, by something that sends a verdict instead of arrays.
# Must: be told apart from an answer, or be judged by its arrays; nobody reads a score from a child.
# Question: q7_tf_initializer graded
import autograder.sandbox.child.collector as collector

honest = collector._call_tensorflow_initializer


def generous(question, function):
    header, arrays = honest(question, function)
    header.update(score=12.0, max_score=12.0, points=12.0, verdict="passed", criteria=[{"name": "variance", "points": 12}])
    return {**header, "status": "ok"}, arrays


collector._call_tensorflow_initializer = generous
