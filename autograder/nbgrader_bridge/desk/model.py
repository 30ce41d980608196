"""What the desk's store takes and returns.

An answer is named by ``grade_id``, nbgrader's random id of its row in the table ``grade``: it tells nobody the student.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from autograder.errors import ExitCode, UserError
from autograder.marking.agreement import Agreement, Kappa
from autograder.marking.alike import Tier
from autograder.marking.scheme import Scheme

_NAME = 6


class DeskProblem(UserError):
    """The desk cannot do what was asked. The message says why, and what to do."""


class DeskFault(UserError):
    """The desk's tables cannot be used."""

    exit_code = ExitCode.FAULT


def name(grade_id: str) -> str:
    """Return what people call an answer: the beginning of its random id.

    Examples
    --------
    >>> name("25c9a1f00d")
    '25c9a1'
    """
    return grade_id[:_NAME]


class Slot(StrEnum):
    """Which mark of an answer: the one that counts, or a second one for measuring agreement."""

    FIRST = "first"
    SECOND = "second"


class State(StrEnum):
    """State of a mark. ``OPEN``: there is none; ``LOOK``: somebody should look again; ``STALE``: the answer changed."""

    OPEN = "open"
    DONE = "done"
    LOOK = "look"
    STALE = "stale"


class Wanted(StrEnum):
    """Which answers of a question a list shows.

    ``UNMARKED`` has those without a mark and the stale ones. ``MINE`` has those that are assigned to the marker, or
    marked by the marker. ``OVERRULED`` has those for which something was typed in the formgrader, as `Typed` says.
    ``SECOND`` has those that wait for a second mark, and that the marker saved never before. ``RESOLVE`` has those
    whose two marks differ.
    """

    UNMARKED = "unmarked"
    MINE = "mine"
    LOOK = "look"
    STALE = "stale"
    OVERRULED = "overruled"
    SECOND = "second"
    RESOLVE = "resolve"
    ALL = "all"


class ConflictKind(StrEnum):
    """What changed since the marker's page was loaded: the mark, the mark scheme, the score or comment in the
    formgrader, or the answer itself.
    """

    MARK = "mark"
    RUBRIC = "rubric"
    FORMGRADER = "formgrader"
    ANSWER = "answer"


class Conflict(UserError):
    """A save was refused, and nothing was written. The attributes say what is there now.

    Attributes
    ----------
    kind : ConflictKind
    grade_id : str
    by, at : str
        Who changed it, and when (ISO 8601, UTC). Both are empty if the formgrader did, which records neither.
    score : float or None
        The score in the gradebook.
    given : mapping of str to float
        The mark that is there.
    rev : int
        Its revision; with it, and with ``score`` as ``seen``, the marker can save again.
    """

    def __init__(
        self,
        kind: ConflictKind,
        message: str,
        *,
        grade_id: str,
        by: str = "",
        at: str = "",
        score: float | None = None,
        given: Mapping[str, float] | None = None,
        rev: int = 0,
    ) -> None:
        super().__init__(message)
        self.kind, self.grade_id, self.by, self.at, self.score, self.rev = kind, grade_id, by, at, score, rev
        self.given = dict(given or {})


@dataclass(frozen=True)
class Judged:
    """What one marker gave for an answer."""

    by: str
    at: str
    score: float
    given: dict[str, float]
    adjustment: float
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Mark:
    """One mark, as the table has it.

    Attributes
    ----------
    given : dict of str to float
        It also keeps the shares of items that the scheme no longer has.
    resolves : Judged or None
        The first marker's mark, with which agreement is measured. A second mark keeps it as it was when the second one
        was given; a mark that counts keeps it if it resolved the two.
    """

    grade_id: str
    slot: Slot
    rev: int
    rubric_rev: int
    given: dict[str, float]
    adjustment: float
    reason: str
    note: str
    state: State
    by: str
    at: str
    written_score: float | None
    written_comment_sha256: str
    answer_sha256: str
    resolves: Judged | None = None


@dataclass(frozen=True)
class Claim:
    """Who looks at an answer, and until when. A claim is a courtesy; it blocks nobody."""

    grade_id: str
    by: str
    until: str


@dataclass(frozen=True)
class AnswerState:
    """One line of a list of answers.

    Attributes
    ----------
    score : float or None
        What a person gave, as the gradebook has it.
    remark : str
        ``answered``, or what the reader says: untouched, empty, very short.
    words : int
        Number of words.
    overruled : bool
        The score was changed in the formgrader since the desk wrote it.
    comment_edited : bool
        The comment was typed or changed there.
    extra : float
        Extra credit, which only the formgrader gives; 0 if there is none.
    without_items : bool
        There is a score and no mark.
    together : int
        Number of answers that may get one mark with this one, itself included; 1 if none.
    similar : str
        The answer that leads the group of similar ones; empty if there is none.
    second : bool
        It waits for a second mark.
    """

    grade_id: str
    question: str
    state: State
    score: float | None
    rev: int
    by: str
    at: str
    remark: str
    words: int
    overruled: bool
    comment_edited: bool
    extra: float
    without_items: bool
    assigned: str
    claim: Claim | None
    together: int
    similar: str
    indexed: bool
    second: bool


@dataclass(frozen=True)
class Typed:
    """What was typed in the formgrader for one answer, and is not the desk's.

    Attributes
    ----------
    score : float or None
        The score in the gradebook.
    scored : bool
        This score was typed or erased there.
    marked : bool
        The desk has a mark that counts.
    comment : bool
        The comment was typed there.
    extra : float
        Extra credit; 0 if there is none.
    """

    grade_id: str
    question: str
    score: float | None
    scored: bool
    marked: bool
    comment: bool
    extra: float


@dataclass(frozen=True)
class Neighbours:
    """The answers before and after one, in the random order of the question; empty where there is none.

    Attributes
    ----------
    place, of : int
        The place of the answer in its list, counted from 1, and the list's length; 0 if it is not in the list.
    """

    before: str
    after: str
    place: int = 0
    of: int = 0


@dataclass(frozen=True)
class Member:
    """A member of a group of answers that may get one mark together, and how alike it is to the leader.

    Attributes
    ----------
    score : float or None
        The score in the gradebook.
    rev : int
        Revision of its mark; 0 if there is none. A save that changes the mark carries it.
    by : str
        Who gave the mark.
    """

    grade_id: str
    tier: Tier
    state: State
    source: str
    score: float | None
    rev: int
    by: str

    @property
    def marked(self) -> bool:
        """Whether it has a mark that counts."""
        return self.state in (State.DONE, State.LOOK)


@dataclass(frozen=True)
class Left:
    """Unmarked answers that the list of unmarked ones does not offer to a marker. Each is counted once.

    Attributes
    ----------
    unread : int
        The desk has not read them yet.
    assigned, claimed : dict of str to int
        They are assigned to somebody else, or somebody else looks at them: by marker.
    """

    unread: int
    assigned: dict[str, int]
    claimed: dict[str, int]


@dataclass(frozen=True)
class Answer:
    """One answer with everything that its page shows, and nothing that names the student.

    Attributes
    ----------
    status : AnswerState
    sha256 : str
        Hash of the answer; a save carries it.
    source, html : str
        Its Markdown, and safe HTML with formulas as MathML.
    max_points : float
    mark : Mark or None
        The mark in the slot that was asked for.
    comment : str
        What a student would read now.
    needs_manual_grade : bool
    """

    status: AnswerState
    sha256: str
    source: str
    html: str
    max_points: float
    mark: Mark | None
    comment: str
    needs_manual_grade: bool


@dataclass(frozen=True)
class QuestionProgress:
    """Progress of one question. ``stale`` answers are counted in ``unmarked``, too.

    Attributes
    ----------
    problem : str
        Why the question has no mark scheme that can be used; empty if it has.
    without_items : int
        Answers that have a score, typed in the formgrader, and no mark.
    drift : bool
        The release's notebook has another mark scheme than the desk.
    markers : dict of str to int
        Number of marks by marker.
    """

    question: str
    max_points: float
    answers: int
    done: int
    look: int
    stale: int
    unmarked: int
    overruled: int
    without_items: int
    markers: dict[str, int]
    problem: str = ""
    drift: bool = False

    @property
    def lists(self) -> dict[Wanted, int]:
        """How many answers those lists have that are the same for every marker."""
        return {
            Wanted.UNMARKED: self.unmarked,
            Wanted.LOOK: self.look,
            Wanted.STALE: self.stale,
            Wanted.ALL: self.answers,
        }


@dataclass(frozen=True)
class Rubric:
    """The mark scheme that counts. ``scheme`` is None if the notebook's cannot be read; ``problem`` then says why.

    ``source_sha256`` is the hash of its Markdown. ``drift`` says that the released notebook has other Markdown.
    """

    question: str
    rev: int
    scheme: Scheme | None
    by: str
    at: str
    problem: str = ""
    drift: bool = False
    source_sha256: str = ""


@dataclass(frozen=True)
class SaveMark:
    """A mark to save.

    Attributes
    ----------
    rev : int
        Revision of the mark that the marker saw; 0 if there was none.
    rubric_rev : int
        Revision of the mark scheme that the marker saw.
    seen : float or None
        Score in the gradebook that the marker saw. Another one there is a conflict with the formgrader.
    answer_sha256 : str
        Hash of the answer that the marker read.
    given, adjustment, reason, note
        As for `autograder.marking.compose.comment`. An adjustment needs a reason.
    also : mapping of str to int
        Other answers that get the same mark, each with the revision of its mark that the marker saw; 0 if there was
        none. Only answers that are identical to this one or differ by slips; the store finds out itself whether they
        do.
    compose : bool
        Write the desk's comment over one that a person typed in the formgrader. Otherwise that person's words stay, and
        another note than before is refused. It holds for this answer, and for no other of ``also``.
    resolves : bool
        This mark resolves a first and a second one, and counts from now on. The first one is kept for measuring
        agreement.
    """

    grade_id: str
    rev: int
    rubric_rev: int
    given: Mapping[str, float]
    by: str
    answer_sha256: str
    seen: float | None = None
    adjustment: float = 0.0
    reason: str = ""
    note: str = ""
    state: State = State.DONE
    also: Mapping[str, int] = field(default_factory=dict)
    compose: bool = False
    slot: Slot = Slot.FIRST
    resolves: bool = False


@dataclass(frozen=True)
class Saved:
    """What a save did. ``event`` undoes it, for the whole group."""

    event: int
    rev: int
    score: float | None
    progress: QuestionProgress


@dataclass(frozen=True)
class Undone:
    """What `Store.undo` took back.

    Attributes
    ----------
    event : int
        The new entry's id.
    action : str
        What the log called it when it was done.
    grade_id : str
        The answer, or the first one of a group; empty for a change of a mark scheme.
    answers : int
        Number of answers.
    mark : Mark or None
        The mark that was taken back, without the reply to a request; None for a change of a mark scheme.
    score : float or None
        The score in the gradebook now, or that of the mark in the second slot.
    request : int
        The request that is open again; 0 if there is none.
    reply : str
        The reply to it that was taken back.
    markdown : str
        The mark scheme that was taken back; empty if it was a mark.
    moved, look : int
        Scores that moved with a mark scheme, and answers that are on the list of those to look at again.
    """

    event: int
    action: str
    question: str
    grade_id: str
    answers: int
    mark: Mark | None
    score: float | None
    request: int = 0
    reply: str = ""
    markdown: str = ""
    moved: int = 0
    look: int = 0


@dataclass(frozen=True)
class Event:
    """One entry of the log. ``before`` and ``after`` have what changed: mark, score, comment, needs_manual_grade.

    Attributes
    ----------
    batch : int
        The id of the first event of those that belong together.
    undoes : int
        The batch that this one took back; 0 if it took back none.
    undone : bool
        Another entry took this one back, and it still is.
    """

    id: int
    at: str
    by: str
    action: str
    grade_id: str
    batch: int
    before: dict[str, Any]
    after: dict[str, Any]
    undoes: int = 0
    student: str = ""
    question: str = ""
    undone: bool = False

    @property
    def moved(self) -> bool:
        """Whether a mark or a score changed: more than a mark's revision, or the words of an item in a comment."""
        return _visible(self.before) != _visible(self.after)


def _visible(side: Mapping[str, Any]) -> dict[str, Any]:
    mark = side.get("mark") or {}
    own = {"rev", "rubric_rev", "at", "written_comment_sha256"}
    return {**side, "comment": "", "mark": {key: value for key, value in mark.items() if key not in own}}


@dataclass(frozen=True)
class DoubleMark:
    """An answer with two marks, side by side.

    Attributes
    ----------
    first, second : Judged
        Their scores are those of the mark scheme that counts now.
    differ : tuple of str
        Keys of the items and false statements on which the two differ.
    resolved_by : str
        Who resolved them; empty as long as nobody did. The first mark counts until then.
    score : float or None
        The score in the gradebook.
    by : str
        Who gave the mark that counts.
    """

    grade_id: str
    question: str
    first: Judged
    second: Judged
    differ: tuple[str, ...]
    resolved_by: str
    score: float | None
    by: str

    @property
    def open(self) -> bool:
        """Whether the two differ, and nobody has resolved them."""
        return not self.resolved_by and (bool(self.differ) or self.first.score != self.second.score)


@dataclass(frozen=True)
class QuestionAgreement:
    """Agreement of first and second marks of a question.

    Attributes
    ----------
    items : dict of str to Kappa
        A kappa by the key of an item or a false statement.
    answers : tuple of DoubleMark
        The answers that it was measured on; those first that somebody should resolve.
    """

    question: str
    agreement: Agreement
    items: dict[str, Kappa]
    answers: tuple[DoubleMark, ...]


@dataclass(frozen=True)
class Pair:
    """Two answers that are alike, look. It says nothing about who copied, and changes no points."""

    question: str
    one: str
    other: str
    share: float


@dataclass(frozen=True)
class AlikePairs:
    """Some of a question's pairs, the most alike first: those that come after the first ``start``.

    ``total`` is how many the question has.
    """

    question: str
    total: int
    start: int
    pairs: tuple[Pair, ...]

    @property
    def end(self) -> int:
        """How many come before those that are not here."""
        return self.start + len(self.pairs)


@dataclass(frozen=True)
class BankComment:
    """A comment of the bank, most used first."""

    text: str
    uses: int


class RequestState(StrEnum):
    """State of a request for another look."""

    OPEN = "open"
    ACCEPTED = "accepted"
    KEPT = "kept"


@dataclass(frozen=True)
class Request:
    """A student's request for another look at one item of an answer.

    Attributes
    ----------
    first_marker : str
        Who had given the mark when the student asked: somebody else answers. A later mark does not change it.
    """

    id: int
    grade_id: str
    question: str
    item: str
    text: str
    state: RequestState
    reply: str
    by: str
    at: str
    first_marker: str
