"""`autograder dev judge`: shows the error budget, and the mistakes that the judge can name."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.errors import ExitCode, UserError


class _Overdrawn(UserError):
    exit_code = ExitCode.FAULT


def judge(
    *,
    budget: Annotated[bool, typer.Option("--budget", help="Every test with its error bound, and their sum.")] = False,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="Every mistake that the judge can name, and a bound on missing it.")
    ] = False,
) -> None:
    """Show the judge's promises: its error budget, and the mistakes that it can name."""
    from autograder.grading.judge_pages import budget_page, catalogue_page, detectable_page
    from autograder.grading.plan import PLAN
    from autograder.judge.budget import PROMISE, rows, total

    table = rows(PLAN)
    pages = []
    if budget or not catalogue:
        pages += [budget_page(table), detectable_page()]
    if catalogue:
        pages.append(catalogue_page())
    print("\n\n".join(pages))
    if total(table) > PROMISE:
        raise _Overdrawn(f"the budget is overdrawn: {total(table):.1e} is more than the {PROMISE:.0e} promised")
