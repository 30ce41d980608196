"""`autograder mark export`, `import` and `log`: all marks as lines of JSON, and who changed what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.mark.opening import BadWish, Json, opened_store, print_json


def export(file: Annotated[Path, typer.Argument(help="File for the lines of JSON; - is the standard output.")]) -> None:
    """Write all marks and the log as lines of JSON (autograder/marks/v1), always in the same order."""
    from autograder.files import output_file

    with opened_store() as store:
        lines = [json.dumps(line, ensure_ascii=False, sort_keys=True) for line in store.export()]
    with output_file(file) as unfinished:
        unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def import_(file: Annotated[Path, typer.Argument(help="A file that `autograder mark export` wrote.")]) -> None:
    """Read exported marks, and their log, into a gradebook that has none."""
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as problem:
        raise BadWish(f"{file} cannot be read: {problem}") from None
    with opened_store() as store:
        print(f"{store.load(lines)} marks were read.")


def log(
    *,
    student: Annotated[str | None, typer.Option(help="Only this student's answers.")] = None,
    as_json: Json = False,
) -> None:
    """Show who changed which mark, and from what to what. It names students."""
    from autograder.nbgrader_bridge.desk.model import name

    with opened_store() as store:
        found = store.log(student=student, names=True)
    if as_json:
        print_json(found)
        return
    for each in found:
        about = ""
        if each.grade_id:
            scores = f"{each.before.get('score')} → {each.after.get('score')}"
            about = f"  {name(each.grade_id)}  {each.student}: {scores}"
        print(f"{each.id}  {each.at}  {each.by}  {each.action}  {each.question}{about}")
