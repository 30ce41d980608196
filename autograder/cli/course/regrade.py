"""`autograder course regrade`: grade again after a fix."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.messages import complain
from autograder.errors import ExitCode


def regrade(
    *,
    everybody: Annotated[bool, typer.Option("--all", help="Also whom no change affects.")] = False,
) -> None:
    """Autograde again whoever a fix of the grader or of the points affects; say who moved, and why.

    Points that people gave are kept.
    """
    from autograder.assignment.course_folder import course_folder
    from autograder.nbgrader_bridge.regrade import affected, regrade
    from autograder.report.result import points_text
    from autograder.sandbox import support

    course = course_folder()
    support.probe().require()  # once, where nbgrader would log it for every student
    students = affected(course, everybody=everybody)
    if not students:
        print("Nobody is affected: every grade was made by this grader, for these points.")
        return
    moved, faults = 0, 0
    for each in regrade(course, students):
        if each.failed:
            complain(f"{each.student}: could not be graded again, and has no automatic score; the reason is above")
            faults += 1
        elif each.moves:
            moved += 1
            print(f"{each.student}: {points_text(each.before)} → {points_text(each.after)}")
            for move in each.moves:
                print(f"  {move.grade_id}: {points_text(move.before)} → {points_text(move.after)}: {move.why}")
    print(f"{len(students)} graded again, {moved} moved.")
    raise typer.Exit(ExitCode.FAULT if faults else ExitCode.GRADED)
