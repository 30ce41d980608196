"""`autograder mark rubric`: lists the desk's mark schemes, compares them with the notebook's, and writes them back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.messages import complain
from autograder.errors import ExitCode

if TYPE_CHECKING:
    from autograder.marking.scheme import Scheme
    from autograder.nbgrader_bridge.desk.model import Rubric


def rubric(
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if solutions/ has other mark schemes than the desk.")
    ] = False,
    to_notebook: Annotated[
        bool, typer.Option("--to-notebook", help="Write the desk's mark schemes into solutions/.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print them as JSON, one autograder/rubric/v1 a line.")
    ] = False,
) -> None:
    """List the mark schemes by which Q1–Q6 are marked.

    Exit status: 0; 1 with `--check` if the two differ; 2 if a mark scheme cannot be read.
    """
    from autograder.assignment.questions import WRITTEN
    from autograder.cli.mark.opening import opened_store
    from autograder.files import replace_atomically
    from autograder.marking.scheme import amount, render, to_document
    from autograder.marking.source import drifted, with_schemes
    from autograder.nbgrader_bridge.desk.grades import sha256
    from autograder.notebook import read_notebook
    from autograder.publishing.release_drift import SOURCE

    with opened_store() as store:
        found: list[Rubric] = [store.rubric(question) for question in WRITTEN]
    schemes: dict[str, Scheme] = {each.question: each.scheme for each in found if each.scheme is not None}
    problems = [each.problem for each in found if each.problem]
    for problem in problems:
        complain(problem)
    if as_json:
        for each in found:
            if each.scheme is not None:
                print(json.dumps(to_document(each.scheme, each.rev, sha256(render(each.scheme))), ensure_ascii=False))
    elif to_notebook:
        before = SOURCE.read_bytes()
        after = with_schemes(before, schemes)
        changed = drifted(read_notebook(SOURCE), schemes)
        if changed:
            with replace_atomically(SOURCE) as unfinished:
                unfinished.write_bytes(after)
        print(f"{SOURCE}: {', '.join(changed)} written; run `make release`" if changed else f"{SOURCE} is up to date.")
    elif check:
        changed = drifted(read_notebook(SOURCE), schemes)
        if changed:
            complain(
                f"{', '.join(changed)}: the desk and {SOURCE} have other mark schemes: run `autograder mark rubric "
                "--to-notebook`, or `make release` and then change them at the desk"
            )
            raise typer.Exit(ExitCode.BELOW)
    else:
        for each in found:
            if each.scheme is not None:
                has = f"{len(each.scheme.items)} items, {len(each.scheme.mistakes)} false statements"
                worth = amount(each.scheme.max_points)
                print(f"{each.question}  {worth} points, {has}; revision {each.rev}, by {each.by}")
    if problems:
        raise typer.Exit(ExitCode.BAD_INPUT)
