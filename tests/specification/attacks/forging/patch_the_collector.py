# Tries: to replace what collects the answers, by something that sends a verdict instead of arrays.
# Must: be told apart from an answer, or be judged by its arrays; nobody reads a score from a child.
# Question: q7_tf_initializer graded
import autograder.sandbox.child.calls as calls
import autograder.sandbox.child.serve as serve

honest_call, honest_encode = calls.tensorflow_calls.call_initializer, serve.encode
verdict = {"score": 12.0, "max_score": 12.0, "points": 12.0, "verdict": "passed", "criteria": [{"name": "variance", "points": 12}]}


def generous_call(question, function):
    answer = honest_call(question, function)
    for name, value in verdict.items():
        object.__setattr__(answer, name, value)
    return answer


def generous_encode(header, arrays=()):
    return honest_encode({**header, **verdict, "status": "ok"}, arrays)


calls.tensorflow_calls.call_initializer = generous_call
serve.encode = generous_encode
