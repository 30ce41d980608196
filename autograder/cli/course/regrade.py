"""`autograder course regrade`: autogrades again after a fix of the grader or of the points."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.messages import complain
from autograder.errors import ExitCode


def regrade(
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Also students whom no change affects.")] = False,
) -> None:
    """Autograde again the students whom a fix of the grader or of the points affects, and say whose score changed.

    Points that people gave are kept.
    """
    from autograder.assignment.course_folder import course_folder
    from autograder.nbgrader_bridge.regrade import affected, regrade
    from autograder.report.result import points_text
    from autograder.sandbox import support

    course = course_folder()
    support.probe().require()  # check once; nbgrader would log the failure for every student
    students = affected(course, everybody=everybody)
    if not students:
        print("No student is affected: this grader made every grade, for these points.")
        return
    changed, faults = 0, 0
    for each in regrade(course, students):
        if each.failed:
            complain(f"{each.student}: could not be graded again, and has no automatic score; the reason is above")
            faults += 1
        elif each.changes:
            changed += 1
            print(f"{each.student}: {points_text(each.before)} → {points_text(each.after)}")
            for change in each.changes:
                print(f"  {change.grade_id}: {points_text(change.before)} → {points_text(change.after)}: {change.why}")
    print(f"{len(students)} graded again, {changed} changed.")
    raise typer.Exit(ExitCode.FAULT if faults else ExitCode.GRADED)
