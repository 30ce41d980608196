"""Names of the assignment, its frameworks and the states of an answer. Every module can import it at no cost."""

from __future__ import annotations

from enum import StrEnum

TITLE = "Weight Initialization Techniques"
#: Names of the frameworks for people.
FRAMEWORKS = {"tensorflow": "TensorFlow", "torch": "PyTorch"}


class AnswerStatus(StrEnum):
    """The state of the cell of a written answer."""

    ANSWERED = "answered"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    MISSING = "missing"

    @property
    def words(self) -> str:
        """The state in words, for people."""
        return "not answered yet" if self is AnswerStatus.UNCHANGED else self.value
