"""`autograder mark index` and `similar`: the answers themselves."""

from __future__ import annotations

import typer

from autograder.cli.mark.opening import Json, opened_store, print_json
from autograder.cli.messages import complain
from autograder.errors import ExitCode


def index() -> None:
    """Read new and changed answers from the autograded notebooks, and group those that are alike."""
    from autograder.assignment.course_folder import course_folder
    from autograder.assignment.questions import NAME

    course = course_folder()
    with opened_store() as store:
        found = store.index(lambda student: course.autograded_folder(student) / f"{NAME}.ipynb")
    for problem in found.problems:
        complain(problem)
    print(f"{found.answers} answers, of which {found.changed} are new or changed.")
    if found.problems:
        raise typer.Exit(ExitCode.BAD_INPUT)


def similar(*, as_json: Json = False) -> None:
    """List pairs of answers that are alike, to look at. It says nothing about who copied, and changes no points."""
    from autograder.assignment.questions import WRITTEN

    with opened_store() as store:
        students = store.students()
        found = [
            {
                "question": question,
                "students": sorted((students[pair.one], students[pair.other])),
                "share": pair.share,
            }
            for question in WRITTEN
            for pair in store.similar(question).pairs
            if {pair.one, pair.other} <= students.keys()
        ]
    if as_json:
        print_json(found)
        return
    for each in found:
        print(f"{each['question']}  {' and '.join(each['students'])} are alike, look: {each['share']:.0%} in common")  # type: ignore[arg-type]
