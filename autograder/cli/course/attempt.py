"""`autograder course attempt`: lists a student's attempts, and has an older one count."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.errors import UserError


def attempt(
    student: Annotated[str, typer.Argument(help="The student's id in the course.")],
    number: Annotated[
        int | None, typer.Argument(help="The attempt that counts from now on; 0: the newest.", show_default=False)
    ] = None,
) -> None:
    """List what was ever collected of a student; or choose which attempt counts. Then autograde again."""
    from autograder.assignment.course_folder import course_folder
    from autograder.collection.attempts import attempts, chosen
    from autograder.collection.placing import put_back

    course = course_folder()
    kept = attempts(course, student)
    if not kept:
        raise UserError(f"nothing was ever collected of {student}: `autograder collect` keeps what it collects")
    if number is not None:
        if number and number not in {each.number for each in kept}:
            raise UserError(f"{student} has no attempt {number}: there are 1 to {len(kept)}")
        counts = next((each for each in kept if each.number == number), None)
        put_back(course, student, counts or kept[-1], by_hand=counts is not None)
    path, by_hand = course.submission(student), chosen(course, student)
    now = path.read_bytes() if path.is_file() else b""
    for each in kept:
        counts_now = " counts" if each.path.read_bytes() == now else ""
        why = ", chosen by a person" if by_hand == each else ""
        print(f"{each.number:3}  {each.time:%Y-%m-%d %H:%M} UTC  {each.path.relative_to(course.root)}{counts_now}{why}")
