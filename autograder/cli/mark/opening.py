"""Opens the marking desk's store of the current course folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.nbgrader_bridge.desk.store import Store


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open the store of the current course folder, and close it again.

    Raises
    ------
    UserError
        There is no course folder, or its gradebook cannot be used.
    """
    from autograder.assignment.course_folder import course_folder
    from autograder.assignment.seeds import course_seed
    from autograder.nbgrader_bridge.desk.store import Store

    course = course_folder()
    store = Store(course.db_url, seed=course_seed(course.root))
    try:
        yield store
    finally:
        store.close()
