"""Opens the marking desk's store of the current course folder; what the commands share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.errors import UserError

if TYPE_CHECKING:
    from autograder.nbgrader_bridge.desk.store import Store

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class BadWish(UserError):
    """An argument, or a file that an argument names, has another form than it should."""


def print_json(data: object) -> None:
    """Print dataclasses and plain data as JSON."""
    import msgspec

    print(json.dumps(msgspec.to_builtins(data), indent=1, ensure_ascii=False))


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open the store of the current course folder, and close it again.

    Raises
    ------
    UserError
        There is no course folder, or its settings or its gradebook cannot be used.
    """
    from autograder.assignment.course_folder import course_folder
    from autograder.assignment.seeds import course_seed
    from autograder.assignment.settings import FILE, load_settings
    from autograder.nbgrader_bridge.desk.store import Store

    course = course_folder()
    show = load_settings(course.root / FILE).show_items
    store = Store(course.db_url, seed=course_seed(course.root), show=show)
    try:
        yield store
    finally:
        store.close()
