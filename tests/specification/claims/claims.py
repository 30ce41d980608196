"""Data types for claims: a number in a sentence, and the computation that checks it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expected:
    """A computed number, and how it must stand to the one in the text."""

    value: Callable[[], float]
    relation: str = "rounds to"
    slack: float = 0.0

    def agrees(self, said: Said) -> bool:
        found = float(self.value())
        if self.relation == "is below":
            return found < said.value
        if self.relation == "is above":
            return found > said.value
        if self.relation == "is about":
            return abs(found - said.value) <= self.slack * abs(said.value)
        return said.rounds(found)


def below(value: Callable[[], float]) -> Expected:
    return Expected(value, "is below")


def above(value: Callable[[], float]) -> Expected:
    return Expected(value, "is above")


def about(value: Callable[[], float], slack: float = 0.1) -> Expected:
    return Expected(value, "is about", slack)


@dataclass(frozen=True)
class Said:
    """A number as it is written: its value, and how far another one may be that is written the same way."""

    value: float
    tolerance: float
    magnitude: bool = False

    def rounds(self, found: float) -> bool:
        if self.magnitude:
            return abs(math.log10(found) - math.log10(self.value)) <= 0.5
        return abs(found - self.value) <= self.tolerance * (1 + 1e-9)


_WORDS = {
    "half": 0.5,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "seven": 7.0,
    "ten": 10.0,
    "fifteen": 15.0,
    "fourfold": 4.0,
}
_WORDS |= {"twenty": 20.0, "thousandfold": 1000.0, "fiftieth": 0.02, "double": 2.0, "doubles": 2.0, "halves": 0.5}
_PRODUCT = re.compile(r"(\d+(?:\.(\d+))?) \\times 10\^\{?(-?\d+)\}?")
_POWER = re.compile(r"10\^\{?(-?\d+)\}?")
_RATIO = re.compile(r"(\d+)/(\d+)")
_DECIMAL = re.compile(r"-?\d+(?:\.(\d+))?")


def parse(text: str) -> Said:
    if text in _WORDS:
        return Said(_WORDS[text], 1e-9)
    if found := _PRODUCT.fullmatch(text):
        unit = 10.0 ** (int(found[3]) - len(found[2] or ""))
        return Said(float(found[1]) * 10.0 ** int(found[3]), unit / 2)
    if found := _POWER.fullmatch(text):
        return Said(10.0 ** int(found[1]), 0.0, magnitude=True)
    if found := _RATIO.fullmatch(text):
        return Said(int(found[1]) / int(found[2]), 1e-9)
    if found := _DECIMAL.fullmatch(text):
        return Said(float(text), 0.5 * 10.0 ** -len(found[1] or ""))
    raise ValueError(f"⟦{text}⟧ is not written like a number")


@dataclass(frozen=True)
class Row:
    grade_id: str
    quote: str
    computed: tuple[Expected | Callable[[], Any], ...]

    @property
    def words(self) -> str:
        return self.quote.replace("⟦", "").replace("⟧", "")

    @property
    def marked(self) -> list[str]:
        return re.findall(r"⟦(.*?)⟧", self.quote)
