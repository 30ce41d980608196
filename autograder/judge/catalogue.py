"""All mistakes that the judge can name where He's law is asked for: of scale, and those that criteria declare."""

from __future__ import annotations

from autograder.judge.criteria import CRITERIA
from autograder.judge.law import HE
from autograder.judge.scales import mistakes_of_scale

MISCONCEPTIONS = tuple(
    dict.fromkeys([*mistakes_of_scale(HE), *(mistake for c in CRITERIA.values() for mistake in c.mistakes)])
)
BY_NAME = {entry.name: entry for entry in MISCONCEPTIONS}
