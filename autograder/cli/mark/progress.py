"""`autograder mark progress`: how far each question is, and who marked how many."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.mark.opening import Json, opened_store, print_json
from autograder.cli.messages import complain
from autograder.errors import ExitCode


def progress(
    *,
    as_json: Json = False,
    fail_if_open: Annotated[bool, typer.Option(help="Exit with 1 if an answer has no mark.")] = False,
) -> None:
    """Show how far the marking of each question is, and who marked how many."""
    with opened_store() as store:
        questions = store.questions()
    if as_json:
        print_json(questions)
    else:
        for each in questions:
            states = [f"{each.done + each.look} of {each.answers} marked"]
            states += [
                f"{count} {name}"
                for name, count in (
                    ("to look at again", each.look),
                    ("submitted again", each.stale),
                    ("overruled in the formgrader", each.overruled),
                    ("scored in the formgrader without items", each.without_items),
                )
                if count
            ]
            states += [f"{marker}: {count}" for marker, count in each.markers.items()]
            print(f"{each.question.upper()}  {', '.join(states)}")
            if each.problem:
                complain(each.problem)
            elif each.drift:
                complain(f"{each.question}: the notebook has another mark scheme; see `autograder mark rubric --check`")
    if fail_if_open and any(each.unmarked for each in questions):
        raise typer.Exit(ExitCode.BELOW)
