"""`autograder mark assign`, `sample` and `agreement`: several markers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from autograder.cli.mark.opening import BadWish, Json, opened_store, print_json


class Which(StrEnum):
    """One of an answer's two marks."""

    FIRST = "first"
    SECOND = "second"


def assign(
    shares: Annotated[
        list[str], typer.Argument(help="Like `q1=ann,bob`, or by share `q1=ann:2,bob:1`. `q1=` takes it back.")
    ],
) -> None:
    """Assign the answers to questions to markers, at random and the same in every run."""
    wanted = {}
    for each in shares:
        question, equals, names = each.partition("=")
        if not equals:
            raise BadWish(f"{each!r} is no assignment; write q1=ann,bob")
        wanted[question] = dict(map(_share_of, filter(None, names.split(","))))
    with opened_store() as store:
        for question, markers in wanted.items():
            store.assign(question, markers)


def _share_of(text: str) -> tuple[str, float]:
    name, _, share = text.partition(":")
    try:
        return name.strip(), float(share or 1)
    except ValueError:
        raise BadWish(f"{text!r} is no marker's share; write ann:2") from None


def sample(
    *,
    share: Annotated[str, typer.Option(help="Share of the marked answers, such as 20%.")] = "20%",
    seed: Annotated[str | None, typer.Option(help="Draws other answers than the course's seed.")] = None,
) -> None:
    """Draw answers that get a second mark, from low and high scores alike."""
    try:
        part = float(share.removesuffix("%")) / 100
    except ValueError:
        raise BadWish(f"{share!r} is no share; write 20%") from None
    with opened_store() as store:
        for question, waiting in store.sample(part, seed).items():
            print(f"{question.upper()}  {waiting} wait for a second mark")


def agreement(*, as_json: Json = False) -> None:
    """Show how far first and second marks agree, and the answers where they differ, until somebody resolves them."""
    from autograder.assignment.questions import WRITTEN

    with opened_store() as store:
        found = [store.agreement(question) for question in WRITTEN]
    if as_json:
        print_json(found)
        return
    for each in found:
        overall = each.agreement
        if overall.difference is None or overall.exact is None:
            print(f"{each.question.upper()}  no answer has two marks")
            continue
        kappa = overall.kappa
        value = "not defined" if kappa.value is None else f"{kappa.value:.2f}"
        interval = "" if kappa.low is None else f" ({kappa.low:.2f} to {kappa.high:.2f})"
        print(
            f"{each.question.upper()}  {overall.n} answers: {overall.difference:.2f} points apart on average, "
            f"{overall.exact:.0%} equal, weighted kappa {value}{interval}"
        )
        for answer in each.answers:
            if answer.open:
                gave = [f"{mark.by} {mark.score:g}" for mark in (answer.first, answer.second)]
                differ = f", differ in {', '.join(answer.differ)}" if answer.differ else ""
                print(f"    {answer.grade_id}  {', '.join(gave)}{differ}")


def resolve(
    answer: Annotated[str, typer.Argument(help="The answer's id, or its beginning, as the desk shows it.")],
    which: Annotated[Which, typer.Argument(help="The mark that counts from now on.")],
    by: Annotated[str, typer.Option(help="Who decides it. The log keeps the name.")],
) -> None:
    """Resolve two marks that differ: one of them counts from now on. A third mark is given at the desk."""
    from autograder.nbgrader_bridge.desk.model import Slot

    with opened_store() as store:
        saved = store.resolve(store.answer_id(answer), Slot(which), by)
    print(f"{saved.score:g} points count. The log calls this entry {saved.event}.")
