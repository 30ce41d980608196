"""One property: a strategy for its examples, a check of one example, and how to try many."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

#: Seconds of computing time that the check of one example may take in `make fuzz`.
SECONDS = 2.0


class TooSlow(AssertionError):
    """An example took more computing time than it may."""


@dataclass
class Property:
    """What must hold for every example.

    Attributes
    ----------
    examples : SearchStrategy
        Makes the examples.
    check : callable
        Raises for an example for which the property does not hold.
    tried : int
        Number of examples that were checked.
    """

    examples: SearchStrategy[Any]
    check: Callable[[Any], None]
    tried: int = 0

    def try_examples(self, how: settings, *, timed: bool = False) -> None:
        """Check as many examples as ``how`` says; raise, with the smallest one found, if the property does not hold."""

        def check(example: Any) -> None:
            self.tried += 1
            if timed:
                with _bounded_time():
                    self.check(example)
            else:
                self.check(example)

        # Hypothesis keeps the examples that failed under these names.
        check.__qualname__ = check.__name__ = self.check.__name__
        how(given(self.examples)(check))()


@contextmanager
def _bounded_time() -> Iterator[None]:
    """Fail after `SECONDS` of computing time."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {SECONDS} s of computing time")

    before = signal.signal(signal.SIGVTALRM, interrupt)
    begun = time.thread_time()
    # Again and again: code that catches every exception catches this one, too.
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    if time.thread_time() - begun > SECONDS:
        raise TooSlow(f"more than {SECONDS} s of computing time")
