# Tries: to find, among all objects that the garbage collector knows, whatever scores, and to replace its code.
# Must: find nothing of the kind.
# Bench: yes
import gc
import types

import autograder

try:
    import autograder.grading.scoring  # noqa: F401
except ImportError:
    pass
except PermissionError:
    pass


def score_task(task, evidence, points):
    import dataclasses

    from autograder.report.result import QuestionResult

    return QuestionResult.of(task, "graded", points, points)


for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and thing.__name__ == "score_task" and thing is not score_task:
        thing.__code__ = score_task.__code__
