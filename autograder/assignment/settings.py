"""Reads the course's settings from `course.toml`. A command reads them once and passes them on as values.

The file holds nothing secret: students have it, too.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from autograder.errors import UserError
from autograder.limits import Limits
from autograder.places import BESIDE, named, unnamed

FILE = "course.toml"
#: Where this repository, and the students', keep it.
DEFAULT_PATH = BESIDE / FILE
#: What names another.
OPTION, VARIABLE = "--settings", "AUTOGRADER_COURSE"

Choice = TypeVar("Choice", bound=StrEnum)

#: A day of grace more, and "late" would mean something else.
_MOST_GRACE_MINUTES = 7 * 24 * 60
_MOST_SECONDS = 86_400.0
_GIB = 1024**3
_MOST_GIB = 1024.0


class BadSettings(UserError):
    """The settings are unusable; the message says in one line where, what is wrong, and what to write."""


class HelpLevel(StrEnum):
    """How much feedback helps: it names a mistake, explains it too, or shows the right formula as well."""

    NAME = "name"
    EXPLAIN = "explain"
    FORMULA = "formula"


class Frameworks(StrEnum):
    """Which framework counts: each for its own points, or the better one for both."""

    BOTH = "both"
    BETTER = "better"


class Show(StrEnum):
    """What students see of a mark scheme: all items, those that were earned, or only sums."""

    ALL = "all"
    APPLIED = "applied"
    NONE = "none"


class LateRule(StrEnum):
    """What late work loses: nothing, everything, or a percentage or a number of points for each day."""

    NONE = "none"
    ZERO = "zero"
    PERCENT = "percent"
    POINTS = "points"


@dataclass(frozen=True)
class LatePolicy:
    """Penalty for late submissions.

    Attributes
    ----------
    policy : LateRule
        What late work loses. A percentage is one of the earned points.
    per_day : float
        Percent or points for each day that has begun.
    grace : timedelta
        Lateness up to this has no penalty.
    """

    policy: LateRule = LateRule.NONE
    per_day: float = 10.0
    grace: timedelta = timedelta(minutes=15)

    def penalty(self, score: float, late: timedelta) -> float:
        """Return the points that ``score`` loses for being ``late``: never more than the score.

        Days count from the deadline, each one as soon as it has begun; the grace period forgives, it does not shift.
        """
        if self.policy == LateRule.NONE or late <= max(self.grace, timedelta(0)):
            return 0.0
        days = math.ceil(late / timedelta(days=1))
        lost = {
            LateRule.ZERO: score,
            LateRule.PERCENT: score * self.per_day / 100.0 * days,
            LateRule.POINTS: self.per_day * days,
        }[self.policy]
        return max(0.0, min(score, lost))

    def __str__(self) -> str:
        forgiven = f", after {self.grace / timedelta(minutes=1):g} minutes of grace" if self.grace else ""
        return {
            LateRule.NONE: "late work loses nothing",
            LateRule.ZERO: f"late work scores 0{forgiven}",
            LateRule.PERCENT: f"late work loses {self.per_day:g} % of its points for each day that has begun{forgiven}",
            LateRule.POINTS: f"late work loses {self.per_day:g} points for each day that has begun{forgiven}",
        }[self.policy]


@dataclass(frozen=True)
class Requests:
    """How students ask for another look at a written answer.

    Attributes
    ----------
    until : datetime or None
        The end, with its time zone; None if there is none.
    repository : str
        Address of the students' repository, whose issue form takes requests. If it is empty, students send files.
    """

    until: datetime | None = None
    repository: str = ""


@dataclass(frozen=True)
class Terms:
    """The settings that a result depends on: ``help_level`` and ``frameworks``, as in `Settings`."""

    help_level: HelpLevel = HelpLevel.EXPLAIN
    frameworks: Frameworks = Frameworks.BOTH


@dataclass(frozen=True)
class Settings:
    """The instructor's settings. Points are not among them: the notebook holds the points.

    Attributes
    ----------
    help_level : HelpLevel
        How much feedback helps.
    frameworks : Frameworks
        Whether the framework with the lower score is raised to the share of the better one.
    deadline : datetime or None
        With its time zone.
    late : LatePolicy
        Penalty for late submissions.
    limits : Limits
        What one submission may use.
    show_items : Show
        How much of the mark schemes students see.
    requests : Requests
        How students ask for another look.
    """

    help_level: HelpLevel = HelpLevel.EXPLAIN
    frameworks: Frameworks = Frameworks.BOTH
    deadline: datetime | None = None
    late: LatePolicy = field(default_factory=LatePolicy)
    limits: Limits = field(default_factory=Limits)
    show_items: Show = Show.ALL
    requests: Requests = field(default_factory=Requests)

    @property
    def terms(self) -> Terms:
        """What of this a result depends on."""
        return Terms(self.help_level, self.frameworks)

    @property
    def deadline_text(self) -> str | None:
        """The deadline as people write it."""
        return time_text(self.deadline) if self.deadline else None

    @property
    def due_date(self) -> datetime | None:
        """The deadline for nbgrader's gradebook: a naive datetime in UTC."""
        return self.deadline.astimezone(UTC).replace(tzinfo=None) if self.deadline else None


def time_text(moment: datetime) -> str:
    """Return a moment as people write it, in its own time zone.

    Examples
    --------
    >>> time_text(datetime(2027, 1, 31, 23, 59, tzinfo=UTC))
    '2027-01-31 23:59 UTC'
    """
    offset = "UTC" if moment.utcoffset() == timedelta(0) else f"UTC{moment.isoformat()[-6:]}"
    return f"{moment:%Y-%m-%d %H:%M} {offset}"


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings from ``path``, from ``$AUTOGRADER_COURSE``, or from where the repository keeps them.

    Raises
    ------
    BadSettings
        The file is missing, cannot be read, or holds what it should not. There are no settings by default: a course's
        own may differ from them, and grades with them.
    """
    file = named(path, VARIABLE) or DEFAULT_PATH
    if file is DEFAULT_PATH and not file.exists():
        raise BadSettings(unnamed("the course's settings", file, OPTION, VARIABLE))
    try:
        text = file.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise BadSettings(f"{file} cannot be read: {reason}") from None
    except tomllib.TOMLDecodeError as problem:
        raise BadSettings(f"{file} is not TOML: {problem}") from None
    return _Reader(file, text).settings(document)


class _Reader:
    """Reads the values of one settings file; an error names the line of the wrong value."""

    def __init__(self, file: Path, text: str) -> None:
        self._file = file
        self._lines = text.splitlines()

    def settings(self, document: Mapping[str, Any]) -> Settings:
        self._know(document, ("help", "frameworks", "deadline", "late", "limits", "marking", "requests"), "")
        late = self._table(document, "late", ("policy", "per_day", "grace_minutes"))
        default, usual = Settings(), LatePolicy()
        grace = self._number(late, "late.grace_minutes", usual.grace / timedelta(minutes=1), _MOST_GRACE_MINUTES)
        return Settings(
            help_level=self._choice(document, "help", default.help_level),
            frameworks=self._choice(document, "frameworks", default.frameworks),
            deadline=self._time(document, "deadline"),
            late=LatePolicy(
                policy=self._choice(late, "late.policy", usual.policy),
                per_day=self._number(late, "late.per_day", usual.per_day, 1000.0),
                grace=timedelta(minutes=grace),
            ),
            limits=self._limits(document),
            show_items=self._choice(
                self._table(document, "marking", ("show_items",)), "marking.show_items", default.show_items
            ),
            requests=self._requests(document),
        )

    def _requests(self, document: Mapping[str, Any]) -> Requests:
        requests = self._table(document, "requests", ("until", "repository"))
        repository = requests.get("repository", "")
        if not isinstance(repository, str) or not re.fullmatch(r"(?:https://[\w.:-]+(?:/[\w.~-]+)+)?", repository):
            raise self._wrong("requests.repository", repository, "an address such as https://github.com/OWNER/COURSE")
        return Requests(self._time(requests, "requests.until"), repository)

    def _limits(self, document: Mapping[str, Any]) -> Limits:
        limits = self._table(document, "limits", ("total_seconds", "step_seconds", "memory_gib"))
        usual = Limits()
        total = self._number(limits, "limits.total_seconds", usual.total_seconds, _MOST_SECONDS, least=1.0)
        step = self._number(limits, "limits.step_seconds", min(usual.step_seconds, total), total, least=0.5)
        memory = self._number(limits, "limits.memory_gib", usual.memory_bytes / _GIB, _MOST_GIB, least=0.5)
        return replace(usual.with_times(total, step), memory_bytes=int(memory * _GIB))

    def _table(self, document: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
        table = document.get(name, {})
        if not isinstance(table, dict):
            raise self._wrong(name, table, f"a table: a line [{name}], with {keys[0]} = … below it")
        self._know(table, keys, f"{name}.")
        return table

    def _know(self, table: Mapping[str, Any], names: tuple[str, ...], prefix: str) -> None:
        for name in table:
            if name not in names:
                known = ", ".join(prefix + each for each in names)
                raise BadSettings(f"{self._at(name)}: there is no setting {prefix + name}; there are {known}")

    def _choice(self, table: Mapping[str, Any], key: str, default: Choice) -> Choice:
        choices = type(default)
        value = table.get(key.rpartition(".")[2], default)
        try:
            return choices(value)
        except ValueError:
            raise self._wrong(key, value, " or ".join(f'"{choice}"' for choice in choices)) from None

    def _number(self, table: Mapping[str, Any], key: str, default: float, most: float, *, least: float = 0.0) -> float:
        value = table.get(key.rpartition(".")[2], default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self._wrong(key, value, f"a number from {least:g} to {most:g}")
        return float(value)

    def _time(self, table: Mapping[str, Any], key: str) -> datetime | None:
        value = table.get(key.rpartition(".")[2])
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self._wrong(
                key, value, "a date and time with its time zone, without quotes: 2027-01-31T23:59:00+01:00"
            )
        return value

    def _wrong(self, key: str, value: object, wanted: str) -> BadSettings:
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        return BadSettings(f"{self._at(key.rpartition('.')[2])}: {key} is {shown}; it should be {wanted}")

    def _at(self, name: str) -> str:
        """Name the file, and the line in which the key stands."""
        line = re.compile(rf"^\s*\[?\s*[\"']?{re.escape(name)}[\"']?\s*[\]=.]")
        found = [number for number, text in enumerate(self._lines, 1) if line.match(text)]
        return f"{self._file}, line {found[0]}" if found else str(self._file)
