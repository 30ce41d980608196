"""All mistakes that the judge can name: the laws of scale, and the mistakes that criteria declare."""

from __future__ import annotations

from autograder.judge.criteria import CRITERIA
from autograder.judge.laws import LAWS

MISCONCEPTIONS = tuple(dict.fromkeys([*LAWS, *(mistake for c in CRITERIA.values() for mistake in c.mistakes)]))
BY_NAME = {entry.name: entry for entry in MISCONCEPTIONS}
