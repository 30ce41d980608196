"""Writes a result as JUnit XML: a suite for each question, a case for each criterion.

CI systems read this format; Jenkins' `junit-10.xsd` defines it. A failed criterion is a failure, a question that could
not be graded is an error, and a criterion that was not judged is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from autograder.assignment.names import TITLE
from autograder.report.formats import Format, Outcomes
from autograder.report.result import (
    CriterionStatus,
    Mistake,
    QuestionResult,
    QuestionStatus,
    Result,
    first_shown,
    points_text,
)
from autograder.text import one_line


def render(outcomes: Outcomes) -> str:
    """Return the XML document: a suite for each question of each result, and one for each file not graded."""
    root = Xml.Element("testsuites", name=TITLE)
    for result in outcomes.results:
        if result.fault is not None:
            _error(root, result.path, "fault", result.fault)
        for question, new in first_shown(result.questions):
            _suite(root, result, question, new)
    for each in outcomes.unreadable:
        _error(root, each.name, "unreadable", f"not graded: the file {each.reason}")
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _error(root: Xml.Element, path: str, kind: str, message: str) -> None:
    suite = Xml.SubElement(root, "testsuite", name=one_line(path), tests="1", failures="0", errors="1", skipped="0")
    case = Xml.SubElement(suite, "testcase", classname="grader", name=kind, time="0")
    Xml.SubElement(case, "error", type=kind, message=one_line(message, 1000))


def _suite(root: Xml.Element, result: Result, question: QuestionResult, new: Sequence[Mistake]) -> None:
    """Add the suite of ``question``, which explains the ``new`` mistakes, each where it shows first."""
    unsaid = {mistake.title: mistake.help for mistake in new}
    suite = Xml.SubElement(root, "testsuite", name=question.task)
    properties = Xml.SubElement(suite, "properties")
    given = {
        "summary": one_line(result.summary, 1000),
        "notebook": one_line(result.path),
        "score": points_text(question.score),
        "max_score": points_text(question.max_score),
    }
    for number, remark in enumerate(result.remarks, 1):
        given[f"note {number}"] = one_line(remark.text, 1000)
    for key, value in given.items():
        Xml.SubElement(properties, "property", name=key, value=value)
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for criterion in question.criteria:
        counts["tests"] += 1
        case = Xml.SubElement(suite, "testcase", classname=question.task, name=criterion.name, time="0")
        if criterion.failed:
            counts["failures"] += 1
            kind = criterion.diagnosis or "failed"
            failure = Xml.SubElement(case, "failure", type=kind, message=one_line(criterion.found, 1000))
            texts = [f"{heading}: {text}" for heading, text in unsaid.pop(criterion.title, ())]
            failure.text = one_line(" ".join([criterion.asks, criterion.found, *texts]), 2000)
        elif criterion.status == CriterionStatus.SKIPPED:
            counts["skipped"] += 1
            Xml.SubElement(case, "skipped", message=one_line(criterion.message, 1000))
    if not question.criteria:
        counts["tests"] = 1
        case = Xml.SubElement(suite, "testcase", classname=question.task, name="answer", time="0")
        kind = "skipped" if question.status == QuestionStatus.NOT_ATTEMPTED else "error"
        counts["skipped" if kind == "skipped" else "errors"] = 1
        problem = Xml.SubElement(case, kind, message=one_line(question.message or "", 1000))
        if kind == "error":
            problem.set("type", question.status)
    for key, count in counts.items():
        suite.set(key, str(count))


FORMAT = Format("junit", "Write JUnit XML: a case for each criterion.", render)
