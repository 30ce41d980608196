"""Writes a result as Gradescope's `results.json`.

Gradescope's autograder specification, section "Output format", defines the format. Each criterion is a test case with
points, a Markdown text and a visibility. Gradescope adds the points up.
"""

from __future__ import annotations

import json
from typing import Any

from autograder.assignment.names import AnswerStatus
from autograder.report.document import to_json
from autograder.report.formats import Format, Outcomes
from autograder.report.markdown import escape, explanations
from autograder.report.result import CriterionStatus, QuestionResult

#: Students see every test case at once. The grader's printed output is hidden.
_VISIBILITY = "visible"


def render(outcomes: Outcomes) -> str | None:
    """Return the JSON document. A fault has none, so that Gradescope reports a failure and does not score 0."""
    for each in outcomes.unreadable:
        return _refusal(each.reason)
    result = outcomes.results[0]
    if result.fault is not None:
        return None
    tests = [test for number, question in enumerate(result.questions, 1) for test in _question(str(number), question)]
    answered = sum(answer.status == AnswerStatus.ANSWERED for answer in result.written)
    lines = [escape(result.summary), *explanations(result)]
    lines += [f"{answered} of {len(result.written)} written answers are there; people grade them."]
    lines += [f"- Note: {escape(remark.text)}" for remark in result.remarks]
    lines += [f"- {escape(problem.cell)}: {escape(problem.message)}" for problem in result.problems]
    return _document("\n\n".join(lines), tests, {"result": to_json(result)})


def _refusal(reason: str) -> str:
    """Return the JSON document of a file that cannot be read: no points, the reason, and what to do."""
    why = f"Not graded: the file {escape(reason)}. Fix the file and submit it again."
    return _document(why, [_case("1", "The notebook can be read", 0.0, 0.0, False, why)], {}, score=0.0)


def _document(output: str, tests: list[dict[str, Any]], extra: dict[str, Any], score: float | None = None) -> str:
    document: dict[str, Any] = {} if score is None else {"score": score}
    document |= {
        "output": output,
        "output_format": "md",
        "visibility": _VISIBILITY,
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": extra,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _question(number: str, question: QuestionResult) -> list[dict[str, Any]]:
    name = question.part
    if not question.criteria:
        why = f"{question.status.words}: {escape(question.message or '')}"
        return [_case(number, name, question.score, question.max_score, False, why)]
    cases = [
        _case(
            f"{number}.{position}",
            f"{name}: {criterion.name}",
            criterion.points,
            criterion.max_points,
            criterion.status == CriterionStatus.PASSED,
            f"{escape(criterion.asks)} {escape(criterion.found)}",
        )
        for position, criterion in enumerate(question.criteria, 1)
    ]
    raised = question.score - sum(criterion.points for criterion in question.criteria)
    if raised > 1e-6:
        # The better of the two frameworks counts: points beyond the criteria's own, so that the sum comes out right.
        cases.append(
            _case(f"{number}.{len(cases) + 1}", f"{name}: raised", raised, 0.0, True, escape(question.message or ""))
        )
    return cases


def _case(number: str, name: str, score: float, max_score: float, passed: bool, output: str) -> dict[str, Any]:
    return {
        "number": number,
        "name": name,
        "score": round(score, 6),
        "max_score": round(max_score, 6),
        "status": "passed" if passed else "failed",
        "output": output,
        "output_format": "md",
        "visibility": _VISIBILITY,
    }


FORMAT = Format("gradescope", "Write Gradescope's results.json.", render, for_one=True)
