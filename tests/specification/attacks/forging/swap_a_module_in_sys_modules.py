# Tries: to put a judge of its own into sys.modules before the real one is imported.
# Must: do nothing; no judge is ever imported in this process.
# Bench: yes
import sys
import types

lenient = types.ModuleType("autograder.grading.scoring")


def score_task(task, evidence, points):
    from autograder.report.result import QuestionResult

    return QuestionResult.of(task, "graded", points, points)


lenient.score_task = score_task
sys.modules["autograder.grading.scoring"] = lenient
