"""A result as JUnit XML: a suite for each question, a case for each criterion.

The shape is the one that CI systems read (the Ant task's, as Jenkins' `junit-10.xsd` writes it down): failures for
criteria that failed, errors for questions that could not be graded, skipped for what was not tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from autograder.report.result import QuestionResult, Result, points_text
from autograder.text import one_line


def render(results: Sequence[Result], unreadable: Sequence[tuple[str, str]] = ()) -> str:
    """Return the XML document: a suite for each question of each result, and one for each file not graded.

    Parameters
    ----------
    results : sequence of Result
        What was graded.
    unreadable : sequence of (path, reason)
        What could not be.
    """
    root = Xml.Element("testsuites", name="Weight Initialization Techniques")
    for result in results:
        if result.fault is not None:
            _error(root, result.path, "fault", result.fault)
        for question in result.questions:
            _suite(root, result, question)
    for path, reason in unreadable:
        _error(root, path, "unreadable", f"not graded: the file {reason}")
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _error(root: Xml.Element, path: str, kind: str, message: str) -> None:
    suite = Xml.SubElement(root, "testsuite", name=one_line(path), tests="1", failures="0", errors="1", skipped="0")
    case = Xml.SubElement(suite, "testcase", classname="grader", name=kind, time="0")
    Xml.SubElement(case, "error", type=kind, message=one_line(message, 1000))


def _suite(root: Xml.Element, result: Result, question: QuestionResult) -> None:
    name = question.grade_id.removesuffix("_check")
    suite = Xml.SubElement(root, "testsuite", name=name)
    properties = Xml.SubElement(suite, "properties")
    given = {
        "notebook": one_line(result.path),
        "score": points_text(question.score),
        "max_score": points_text(question.max_score),
    }
    for key, value in given.items():
        Xml.SubElement(properties, "property", name=key, value=value)
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for criterion in question.criteria:
        counts["tests"] += 1
        case = Xml.SubElement(suite, "testcase", classname=name, name=criterion.name, time="0")
        if criterion.status == "failed":
            counts["failures"] += 1
            kind = criterion.diagnosis or "failed"
            failure = Xml.SubElement(case, "failure", type=kind, message=one_line(criterion.message, 1000))
            told = "".join(f" {heading}: {text.removesuffix('.')}." for heading, text in criterion.help)
            failure.text = one_line(f"{criterion.asks} {criterion.message}{told}", 2000)
        elif criterion.status == "skipped":
            counts["skipped"] += 1
            Xml.SubElement(case, "skipped", message=one_line(criterion.message, 1000))
    if not question.criteria:
        counts["tests"] = 1
        case = Xml.SubElement(suite, "testcase", classname=name, name="answer", time="0")
        kind = "skipped" if question.status == "not_attempted" else "error"
        counts["skipped" if kind == "skipped" else "errors"] = 1
        problem = Xml.SubElement(case, kind, message=one_line(question.message or "", 1000))
        if kind == "error":
            problem.set("type", question.status)
    for key, count in counts.items():
        suite.set(key, str(count))
