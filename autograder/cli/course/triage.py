"""`autograder course triage`: lists the written answers that a grader should read first."""

from __future__ import annotations

from autograder.cli.messages import complain


def triage() -> None:
    """List which of Q1–Q6 are untouched, empty, very short or copied from the prompt. It awards no points."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from autograder.assignment.course_folder import course_folder
    from autograder.assignment.questions import NAME, WRITTEN
    from autograder.assignment.release import load_release
    from autograder.assignment.submitted import NoNotebook
    from autograder.nbgrader_bridge.triage import triage
    from autograder.report.terminal import print_table

    course = course_folder()
    release = load_release(course.release)
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("student", overflow="fold", min_width=8)
    for question in WRITTEN:
        table.add_column(question.upper(), overflow="fold", min_width=len("untouched"))
    remarks: list[str] = []
    for student, path in course.submissions().items():
        if isinstance(path, NoNotebook):
            complain(f"{student}: the folder {student}/{NAME} {path}; nothing of it is read")
            continue
        found = triage(student, path, release)
        if found.problem is not None:
            complain(f"{path}: {found.problem}")
            continue
        words = [found.answers[question] for question in WRITTEN]
        shown = ["·" if word == "answered" else word.replace("unchanged", "untouched") for word in words]
        table.add_row(Text(student), *map(Text, shown))
        remarks += [f"{student}: {remark.text}" for remark in found.remarks]
    console = Console(highlight=False, markup=False)
    print_table(console, table)
    for line in remarks:
        console.print(line, soft_wrap=True)
