"""Matches a student's cells with the release: which cell is which, which cells run, and what counts as an answer.

Grading, triage and the notebook that graders open all use this arrangement. Its rules decide as a fair teacher would
who looks at the notebook:

- **Several cells with one grade id** all count, in the notebook's order, because a student may split a cell or merge
  two versions. An exact copy of a written answer counts once. An unchanged copy does not count beside a changed one.
  All copies of code run, as they do in Jupyter.
- **The release decides a cell's kind.** The code of a stub runs even if its cell is Markdown now. A written answer is
  text even if its cell is code.
- **An older notebook is compared with the texts that its author was given.** Each cell is compared with the edition of
  the released cell that it shares most lines with. What runs and is shown of a locked cell is always today's text.
- **A cell that lost its grade id is recognized**: a locked cell by its text, a stub by the function that it defines, a
  written answer by its place. If an answer cell is unchanged, an answer outside of it counts: a text that names the
  question, stands next to the cell, or was typed into the prompt; and any other cell that defines the stub's function.
  If a text belongs to no question, a person decides whether it answers an open one.
- **Code cells run as in Jupyter**, in the notebook's order. The set-up cell runs in its place: first the released text,
  then the student's text if it differs. Jupyter ran the student's imports and helpers, too, and in the confined child
  they are harmless. If the set-up cell is missing or stands below a stub, the released one runs first. Code that a
  student typed into a check cell runs, too; `check` itself does nothing while grading.
- **Measuring cells do not run**, because they take minutes. Text that a student typed into one is shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from autograder.assignment.editions import closest, editions_of
from autograder.assignment.questions import NAME, TASKS
from autograder.assignment.submitted import is_misnamed
from autograder.notebook import Cell, Notebook, UnreadableNotebook, normalized
from autograder.submission.compare import (
    added_to,
    code_of,
    defined_in,
    defines,
    installs,
    is_another_edition,
    is_prose,
    is_untouched,
    lines_added,
    may_be_answer,
    numbered_parts,
    opened,
    plain_line,
    question_named,
    sections,
    typed_into,
    with_long_lines,
)
from autograder.submission.remarks import Remark, RemarkKind, as_code, pictures_remarked, quoted, remarks_on
from autograder.submission.shown_text import LONGEST, missing_pictures

SETUP = "setup"
#: If at least this many cells, and at least half of the released ones, occur twice, the whole notebook was merged.
_MERGED_CELLS = 4

#: Places in a notebook, by the grade id of the released cell that they belong to.
_Places = dict[str, list[int]]


@dataclass(frozen=True)
class Piece:
    """A cell of the arrangement.

    Attributes
    ----------
    name : str
        Its grade id if it fills a released cell; otherwise ``cell N``, counted from 1 in the file. Names are unique.
    kind : str
        ``code`` or ``markdown``.
    source : str
        Its text. For a locked cell, the released text.
    grade_id : str or None
        The released cell that it belongs to.
    fills : bool
        Whether it stands for the released cell. Only one of several parts does.
    runs : bool
        Whether grading runs it.
    shown : bool
        Whether graders see it.
    attachments : dict
        Pictures pasted into a text.
    outputs : list
        What a locked cell showed when the student saved it, in the file's format.
    """

    name: str
    kind: str
    source: str
    grade_id: str | None = None
    fills: bool = False
    runs: bool = False
    shown: bool = True
    attachments: dict[str, Any] = field(default_factory=dict)
    outputs: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Arrangement:
    """Cells of a student's notebook, matched with the release.

    Attributes
    ----------
    path, sha256 : str
        The file, and the hash of its bytes.
    pieces : tuple of Piece
        Cells in the notebook's order. Missing released cells are restored at their place.
    missing : tuple of str
        Grade ids of released cells that the notebook does not have.
    untouched : frozenset of str
        Grade ids of unchanged stubs.
    unsure : frozenset of str
        Grade ids of written answers that may stand elsewhere, so that a person should look.
    locked : dict of str to str
        The student's text of locked cells that do not run, by grade id.
    remarks : tuple of Remark
        Unusual findings, and the reader's decisions.
    """

    path: str
    sha256: str
    pieces: tuple[Piece, ...]
    missing: tuple[str, ...]
    untouched: frozenset[str]
    unsure: frozenset[str]
    locked: dict[str, str]
    remarks: tuple[Remark, ...]

    def answer(self, grade_id: str) -> str | None:
        """Return the text of a written answer; None if the notebook has none."""
        if grade_id in self.missing:
            return None
        return next((piece.source for piece in self.pieces if piece.fills and piece.grade_id == grade_id), None)


def arrange(notebook: Notebook, release: Notebook) -> Arrangement:
    """Arrange the cells of a student's ``notebook`` against the ``release``.

    Raises
    ------
    UnreadableNotebook
        No cell belongs to this assignment.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from autograder.assignment.release import load_release
    >>> release = load_release().notebook
    >>> without_setup = replace(release, cells=tuple(cell for cell in release.cells if cell.grade_id != SETUP))
    >>> arrange(without_setup, release).missing
    ('setup',)
    """
    return _Arranger(notebook, release).arranged()


@lru_cache(maxsize=8)
def _released_lines(release: Notebook) -> frozenset[str]:
    """Return the lines of all released texts."""
    texts = (cell for editions in editions_of(release).values() for cell in editions if cell.kind == "markdown")
    return frozenset(plain_line(line) for cell in texts for line in cell.source.splitlines())


class _Arranger:
    """Arranges one notebook. A *place* is a cell's number in it, counted from 0."""

    def __init__(self, notebook: Notebook, release: Notebook) -> None:
        self._notebook = notebook
        self._cells = notebook.cells
        self._in_release = notebook.sha256 == release.sha256
        self._editions = editions_of(release)
        self._given = {name: editions[0] for name, editions in self._editions.items()}
        self._locked = [name for name, cell in self._given.items() if cell.metadata.get("locked")]
        self._written = [n for n, cell in self._given.items() if cell.kind == "markdown" and n not in self._locked]
        self._stubs = [n for n, cell in self._given.items() if cell.kind == "code" and n not in self._locked]
        self._released_lines = _released_lines(release)
        #: Whether a cell holds a student's text for people, by place, as far as it was asked for.
        self._is_text: dict[int, bool] = {}
        #: Whether a cell is as released, by place and grade id, as far as it was asked for.
        self._untouched: dict[tuple[int, str], bool] = {}
        #: The edition that a cell was most likely made from, by place and grade id, as far as it was asked for.
        self._closest: dict[tuple[int, str], Cell] = {}
        self._remarks: list[Remark] = []
        self._sort([cell.grade_id if cell.grade_id in self._given else None for cell in self._cells])
        #: The parts of each written answer, with the place of the cell that each comes from.
        self._parts: _Places = {}
        #: Places of own cells that are part of an answer.
        self._taken: set[int] = set()
        #: Texts typed into locked cells, by place.
        self._typed: dict[int, str] = {}
        #: Unchanged stubs whose function another cell defines.
        self._replaced: set[str] = set()

    def arranged(self) -> Arrangement:
        if self._notebook.damage:
            sentence = f"The file is damaged: {'; '.join(self._notebook.damage)}. The rest of it counts."
            self._remarks.append(Remark("", RemarkKind.DAMAGED, sentence))
        if is_misnamed(Path(self._notebook.path)):
            sentence = f"The file should be named {NAME}.ipynb. It is graded under its own name; nothing is deducted."
            self._remarks.append(Remark("", RemarkKind.MISNAMED, sentence))
        self._sort(self._recognized_by_text())
        self._typed = {
            place: text
            for name in self._locked
            for place in self._places[name]
            if (text := typed_into(self._cells[place], self._given_at(place)))
        }
        self._sort(self._recognized_by_function())
        if not any(self._ids):
            raise UnreadableNotebook("is a notebook, but not of this assignment: it has none of its cells")
        self._remark_on_copies()
        self._remark_on_kinds()
        self._collect_answers()
        self._look_into_locked_cells()
        unsure = self._remark_on_loose_texts()
        self._remark_on_installs()
        pieces = [piece for place in range(len(self._cells)) for piece in self._pieces(place)]
        filled = {piece.grade_id for piece in pieces if piece.fills}
        missing = tuple(name for name in self._given if name not in filled)
        self._remark_on_missing(missing, unsure)
        self._put_back(pieces, missing)
        self._begin_with_setup(pieces)
        self._remark_on_pictures(pieces)
        return Arrangement(
            self._notebook.path,
            self._notebook.sha256,
            tuple(pieces),
            missing,
            frozenset(name for name in self._stubs if not self._worked_on[name] and name not in self._replaced),
            unsure,
            {name: self._cells[n].source for name in self._locked if not self._runs(name) for n in self._places[name]},
            tuple(self._remarks),
        )

    def _remark(self, found: _Places, kind: RemarkKind, sentence: str) -> None:
        self._remarks += remarks_on(found, kind, sentence)

    # --- which cell is which ---------------------------------------------------------------------------

    def _sort(self, ids: list[str | None]) -> None:
        """Note which released cell each cell belongs to."""
        self._ids = ids
        self._places: _Places = {name: [] for name in self._given}
        for place, name in enumerate(ids):
            if name is not None:
                self._places[name].append(place)
        #: The cells of answers and stubs that are not as released.
        self._worked_on: _Places = {
            name: [n for n in self._places[name] if not self._is_untouched(n)]
            for name in (*self._written, *self._stubs)
        }

    def _given_at(self, place: int) -> Cell:
        """Return the released cell in the edition that the student's cell was most likely made from."""
        name = str(self._ids[place])
        if (place, name) not in self._closest:
            self._closest[place, name] = closest(self._editions[name], self._cells[place].source[:LONGEST])
        return self._closest[place, name]

    def _is_untouched(self, place: int) -> bool:
        key = place, str(self._ids[place])
        if key not in self._untouched:
            cell, given = self._cells[place], self._given_at(place)
            self._untouched[key] = is_untouched(cell, given, in_release=self._in_release)
        return self._untouched[key]

    def _is_intact(self, place: int) -> bool:
        cell, given = self._cells[place], self._given_at(place)
        return cell.source == given.source or cell.normalized_source == given.normalized_source

    def _own(self) -> list[int]:
        """Return the places of non-blank cells that belong to no released cell."""
        return [place for place, cell in enumerate(self._cells) if self._ids[place] is None and cell.source.strip()]

    def _recognized_by_text(self) -> list[str | None]:
        ids = list(self._ids)
        lost = {
            name: tuple(cell.normalized_source for cell in self._editions[name])
            for name in self._locked
            if not self._places[name]
        }
        found = {}
        for place in self._own():
            text = normalized(self._cells[place].source[:LONGEST])
            name = next((name for name, released in lost.items() if text.startswith(released)), None)
            if name is not None:
                ids[place], found[name] = name, [place]
                del lost[name]
        needed = {name: places for name, places in found.items() if self._runs(name)}
        self._remark(needed, RemarkKind.ID_LOST, "no cell has this grade id; the released text in {cells} counts.")
        return ids

    def _is_check(self, name: str) -> bool:
        return name in self._locked and bool(self._given[name].metadata.get("grade"))

    def _runs(self, name: str) -> bool:
        """Return True if text that a student typed into this locked cell runs."""
        return name == SETUP or self._is_check(name)

    def _recognized_by_function(self) -> list[str | None]:
        ids = list(self._ids)
        running = {n: code_of(cell) for n, cell in enumerate(self._cells) if self._runs_as_it_is(n)}
        lost: _Places = {}
        elsewhere: _Places = {}
        for task in TASKS:
            found = [place for place, code in running.items() if defines(task.function, code)]
            if not found and self._places[task.stub] and not self._worked_on[task.stub]:
                self._remark_on_renamed(task.stub, task.function)
            if not found or self._worked_on.get(task.stub, True):
                continue
            (elsewhere if self._places[task.stub] else lost)[task.stub] = found
            for place in found:
                ids[place] = ids[place] or task.stub
            if any(ids[place] != task.stub for place in found):
                self._replaced.add(task.stub)
        sentence = "no cell has this grade id; the definition of its function in {cells} counts."
        self._remark(lost, RemarkKind.ID_LOST, sentence)
        sentence = "the cell is as released; the definition of its function in {cells} counts."
        self._remark(elsewhere, RemarkKind.ELSEWHERE, sentence)
        return ids

    def _remark_on_renamed(self, stub: str, function: str) -> None:
        """Remark on functions of other names in own cells right below an unchanged stub."""
        first = self._places[stub][-1] + 1
        below = takewhile(lambda place: self._ids[place] is None, range(first, len(self._cells)))
        for place in below:
            if self._runs_as_it_is(place) and (others := defined_in(self._cells[place].source)):
                sentence = (
                    f"the cell is as released, and no cell defines {function}; {{cells}} defines "
                    f"{as_code(others[0])}. Only {function} is graded: was it renamed?"
                )
                self._remark({stub: [place]}, RemarkKind.ELSEWHERE, sentence)
                return

    def _runs_as_it_is(self, place: int) -> bool:
        """Return True if the student's text in a cell runs: an own code cell, a changed stub, or typed code."""
        name, cell = self._ids[place], self._cells[place]
        if name is None:
            return cell.kind == "code" and bool(cell.source.strip())
        if name in self._stubs:
            return place in self._worked_on[name]
        return place in self._typed and self._runs(name)

    def _remark_on_copies(self) -> None:
        """Remark on each grade id with several cells. A notebook that was merged as a whole gets one remark."""
        texts: _Places = {}
        code: _Places = {}
        copies: _Places = {}
        for name, all_places in self._places.items():
            cells = [(place, self._cells[place]) for place in all_places]
            # Cells that were recognized without a grade id have their own remark.
            places = [place for place, cell in cells if cell.grade_id == name and cell.source.strip()]
            if len(places) < 2:
                continue
            counted = self._worked_on.get(name, [])
            if len({self._cells[place].source.strip() for place in counted}) > 1:
                (texts if name in self._written else code)[name] = counted
            else:
                copies[name] = places
        doubled = len(texts) + len(code) + len(copies)
        if doubled >= max(_MERGED_CELLS, len({*self._ids} - {None}) / 2):
            sentence = (
                f"The notebook holds both sides of a merge, or a copy of itself: {doubled} of its cells stand in it "
                "more than once. Of each, what was worked on counts."
            )
            self._remarks.append(Remark("", RemarkKind.MERGED, sentence))
            copies = {}
        sentence = "{cells} have this grade id; their texts count as one answer, in this order."
        self._remark(texts, RemarkKind.DUPLICATED, sentence)
        sentence = "{cells} have this grade id; all of their code runs, in this order, so the last definition counts."
        self._remark(code, RemarkKind.DUPLICATED, sentence)
        copies = {name: places for name, places in copies.items() if name not in self._locked}
        sentence = "{cells} have this grade id; a copy that is as released, or the same, makes no difference."
        self._remark(copies, RemarkKind.DUPLICATED, sentence)

    def _remark_on_kinds(self) -> None:
        retyped = {
            name: [n for n in places if (self._cells[n].kind == "code") == (name in self._written)]
            for name, places in self._worked_on.items()
        }
        stubs = {name: retyped[name] for name in self._stubs if retyped[name]}
        self._remark(stubs, RemarkKind.RETYPED, "{cells} changed from code to text; its code runs all the same.")
        texts = {name: retyped[name] for name in self._written if retyped[name]}
        self._remark(
            texts, RemarkKind.RETYPED, "{cells} changed from text to code; it counts as text, and does not run."
        )

    def _remark_on_installs(self) -> None:
        places = [n for n, cell in enumerate(self._cells) if self._runs_as_it_is(n) and installs(code_of(cell))]
        found = {self._ids[place] or _cell_name(place): [place] for place in places}
        self._remark(found, RemarkKind.INSTALLS, "nothing is installed while grading: lines such as !pip do nothing.")

    # --- written answers -------------------------------------------------------------------------------

    def _collect_answers(self) -> None:
        """Collect each answer's parts from its cells. If these are unchanged, collect parts outside of them."""
        self._parts = {name: self._worked_on[name] or self._places[name][:1] for name in self._written}
        found = self._answers_elsewhere()
        self._parts |= found
        sentence = "nothing was written into the answer cell; the text in {cells} counts as the answer."
        beside = {name: places for name, places in found.items() if self._places[name]}
        self._remark(beside, RemarkKind.ELSEWHERE, sentence)
        sentence = "no cell has this grade id; the text in {cells} counts as the answer."
        lost = {name: places for name, places in found.items() if not self._places[name]}
        self._remark(lost, RemarkKind.ID_LOST, sentence)

    def _answers_elsewhere(self) -> _Places:
        """Find the student's texts that answer a question whose cell is unchanged or missing."""
        open_ = [name for name in self._written if not self._worked_on[name]]
        # One text may answer several questions: an own text, or the text in another question's cell.
        texts = [*self._own(), *(place for places in self._worked_on.values() for place in places)]
        headed = {place: sections(self._cells[place].source) for place in texts if self._is_students(place)}
        found = {name: sorted(place for place, named in headed.items() if name in named) for name in open_}
        self._taken.update(place for places in found.values() for place in places)
        for name in open_:
            found[name] = found[name] or self._naming(name)
        # A text between two answer cells belongs to the first of them.
        for name in open_:
            found[name] = found[name] or self._take(name, (self._places[name] or [self._before(name)])[-1] + 1, 1)
        for name in open_:
            if not found[name] and self._places[name]:
                found[name] = self._take(name, self._places[name][0] - 1, -1)
        return {name: places for name, places in found.items() if places}

    def _is_students(self, place: int) -> bool:
        """Return True if a cell holds text for people, and not the course's own text in another form."""
        if place not in self._is_text:
            self._is_text[place] = not self._is_the_courses(place) and is_prose(self._cells[place])
        return self._is_text[place]

    def _is_the_courses(self, place: int) -> bool:
        lines = self._cells[place].source[:LONGEST].splitlines()
        return self._released_lines.issuperset(plain_line(line) for line in lines if line.strip())

    def _naming(self, question: str) -> list[int]:
        """Return the places of own texts that begin with the question's name, and of the texts that follow them."""
        named = [n for n in self._own() if self._is_students(n) and question_named(self._cells[n]) == question]
        return [place for n in named for place in self._take(question, n, 1)]

    def _take(self, question: str, place: int, step: int) -> list[int]:
        """Return the places of consecutive own texts from ``place`` on, up to one that names another question."""
        taken: list[int] = []
        while 0 <= place < len(self._cells) and self._ids[place] is None:
            if place not in self._taken:
                cell = self._cells[place]
                if question_named(cell) not in (None, question) and is_prose(cell):
                    break
                if self._is_students(place):
                    taken.append(place)
            place += step
        self._taken.update(taken)
        return sorted(taken)

    def _before(self, name: str) -> int:
        """Return the place of the last cell that the release has before a missing one; -1 if there is none."""
        order = list(self._given)
        earlier = (self._places[other] for other in reversed(order[: order.index(name)]))
        return next((places[-1] for places in earlier if places), -1)

    def _look_into_locked_cells(self) -> None:
        """Decide what counts of texts in locked cells. In the prompt of an unanswered question, it is the answer."""
        setup: _Places = {}
        checks: _Places = {}
        measuring: _Places = {}
        prompts: _Places = {}
        texts: _Places = {}
        for place in sorted(self._typed):
            name = str(self._ids[place])
            given = self._given_at(place)
            question = next((q for q in self._written if name.startswith(f"{q}_")), "")
            if name == SETUP:
                kind = setup
            elif given.kind == "code":
                kind = checks if self._is_check(name) else measuring
            elif question and not self._is_answered(question) and not self._may_belong_above(place, given):
                self._parts[question] = [place]
                self._taken.add(place)
                name, kind = question, prompts
            else:
                kind = texts
            kind.setdefault(name, []).append(place)
        self._remark_on_locked_code(setup, "the released text runs first, and then the changed one.")
        self._remark_on_locked_code(checks, "the changed code runs, and the course's own check counts.")
        self._remark_on_locked_code(measuring, "it does not run while grading, so put your code into other cells.")
        sentence = (
            "nothing was written into the answer cell; the text in its locked prompt, {cells}, counts as the answer."
        )
        self._remark(prompts, RemarkKind.LOCKED_CHANGED, sentence)
        sentence = "text was typed into the locked {cells}; graders see it, but it counts as no answer."
        self._remark(texts, RemarkKind.LOCKED_CHANGED, sentence)

    def _may_belong_above(self, place: int, given: Cell) -> bool:
        """Return True if a text typed into a locked cell may answer an earlier question, or be of another release."""
        is_first = (given.grade_id or "").endswith("_open")
        stands_above = is_first and self._cells[place].source.strip().endswith(given.source.strip())
        return stands_above or is_another_edition(self._cells[place], given)

    def _remark_on_loose_texts(self) -> frozenset[str]:
        """Return the unanswered questions if there are texts that belong to no question, and remark on both."""
        unsure = [name for name in self._written if not self._is_answered(name)]
        if not unsure:
            return frozenset()
        own = {place: self._cells[place] for place in self._own() if not self._is_the_courses(place)}
        typed = {
            place: replace(self._cells[place], source=added_to(self._cells[place], self._given_at(place)))
            for place in self._typed
        }
        in_stubs = {
            place: with_long_lines(self._beside_released(place)) for name in self._stubs for place in self._places[name]
        }
        parts = {
            place: self._cells[place]
            for place in (place for places in self._worked_on.values() for place in places)
            if self._ids[place] in self._written and self._has_parts_for(unsure, self._cells[place].source)
        }
        loose = [
            place
            for place, cell in sorted((in_stubs | own | typed | parts).items())
            if place not in self._taken and may_be_answer(cell)
        ]
        if loose:
            sentence = "no answer stands in the answer cell, but the text in {cells} may be one; a person decides."
            self._remark(dict.fromkeys(unsure, loose), RemarkKind.ELSEWHERE, sentence)
            return frozenset(unsure)
        hidden = {
            name: places
            for name in unsure
            if (places := [n for n in self._places[name] if may_be_answer(opened(self._beside_released(n)))])
        }
        sentence = "no text shows in {cells}, but a comment there may be the answer; a person decides."
        self._remark(hidden, RemarkKind.ELSEWHERE, sentence)
        return frozenset(hidden)

    def _has_parts_for(self, unsure: list[str], answer: str) -> bool:
        """Return True if an answer has parts with the numbers of other questions, or headings with their titles."""
        opened_by = [cell.source for name in unsure for cell in self._editions.get(f"{name}_open", ())]
        # Such as: ## Q2 · Xavier initialization (10 points)
        titles = {text.partition("\n")[0].partition("·")[2].partition("(")[0].strip().casefold() for text in opened_by}
        headings = {
            plain_line(line).rstrip(":").casefold()
            for line in answer[:LONGEST].splitlines()
            if line.lstrip().startswith(("#", "**"))
        }
        return bool((titles - {""}) & headings or numbered_parts(answer) & {*unsure})

    def _beside_released(self, place: int) -> Cell:
        """Return a cell without lines of the release."""
        cell, given = self._cells[place], self._given_at(place)
        released = {plain_line(line) for line in given.source.splitlines()} | self._released_lines
        lines = cell.source[:LONGEST].splitlines()
        kept = (line for line in lines if plain_line(line) not in released or not plain_line(line).strip("\"'"))
        return replace(cell, source="\n".join(kept))

    def _remark_on_locked_code(self, found: _Places, decision: str) -> None:
        """Remark on changed locked code, and quote lines that the released cells do not have."""
        added = [
            line for places in found.values() for n in places for line in lines_added(self._cells[n], self._given_at(n))
        ]
        sentence = f"the locked text of {{cells}} was changed{quoted(added)}; {decision}"
        self._remark(found, RemarkKind.LOCKED_CHANGED, sentence)

    def _is_answered(self, name: str) -> bool:
        return bool(self._worked_on[name]) or any(place in self._taken for place in self._parts[name])

    # --- the pieces ------------------------------------------------------------------------------------

    def _pieces(self, place: int) -> Iterator[Piece]:
        cell, name = self._cells[place], self._ids[place]
        if name in self._locked:
            yield from self._locked_pieces(place, str(name))
        elif name in self._stubs:
            counted = self._worked_on[str(name)] or self._places[str(name)][:1]
            if place in counted:
                fills = place == counted[0]
                runs = place in self._worked_on[str(name)] or name not in self._replaced
                yield Piece(
                    str(name) if fills else _cell_name(place), "code", code_of(cell), name, fills=fills, runs=runs
                )
        elif name is None and cell.source.strip() and (cell.kind == "code" or place not in self._taken):
            yield self._own_piece(place)
        for question in self._written:
            # An answer stands at its first cell; without a cell, at its first part.
            stands = self._worked_on[question] or self._places[question] or self._parts[question]
            if place in stands[:1]:
                yield self._answer(question)

    def _own_piece(self, place: int) -> Piece:
        cell = self._cells[place]
        # A raw cell may claim to be HTML. As Markdown, it is shown like any other text.
        kind = "code" if cell.kind == "code" else "markdown"
        return Piece(_cell_name(place), kind, cell.source, runs=kind == "code", attachments=cell.attachments)

    def _answer(self, name: str) -> Piece:
        texts: dict[str, int] = {}
        for place in self._parts[name]:
            text = self._typed.get(place, self._cells[place].source).strip()
            if place not in self._places[name]:
                text = sections(text).get(name, text)
            texts.setdefault(text, place)
        attachments: dict[str, Any] = {}
        parts = []
        for text, place in texts.items():
            renamed = text
            for picture, data in self._cells[place].attachments.items():
                # Two cells may each have an image.png of their own.
                key = picture if attachments.get(picture, data) == data else f"{place + 1}-{picture}"
                renamed = renamed.replace(f"attachment:{picture}", f"attachment:{key}")
                attachments[key] = data
            parts.append(renamed)
        return Piece(name, "markdown", "\n\n".join(parts), name, fills=True, attachments=attachments)

    def _locked_pieces(self, place: int, name: str) -> Iterator[Piece]:
        cell, given, places = self._cells[place], self._given[name], self._places[name]
        intact = [n for n in places if self._is_intact(n)]
        is_first = place == (intact or places)[0]
        if is_first:
            yield Piece(name, given.kind, given.source, name, fills=True, runs=name == SETUP, outputs=cell.outputs)
        if not cell.source.strip() or (is_first and cell.source.strip() == given.source.strip()):
            return
        if name == SETUP or (self._is_check(name) and place in self._typed):
            yield Piece(_cell_name(place), "code", code_of(cell), runs=True, shown=place in self._typed)
        elif is_first and place in self._typed and place not in self._taken:
            yield Piece(_cell_name(place), given.kind, self._typed[place], attachments=cell.attachments)
        elif not is_first and place not in intact:
            # A changed copy is the student's own experiment.
            yield self._own_piece(place)

    def _put_back(self, pieces: list[Piece], missing: tuple[str, ...]) -> None:
        """Insert each missing cell after its predecessor in the release, and the set-up cell at the beginning."""
        position = 0
        for name, cell in self._given.items():
            if name in missing:
                position = 0 if name == SETUP else position
                pieces.insert(position, Piece(name, cell.kind, cell.source, name, fills=True, runs=name == SETUP))
                position += 1
            else:
                position = 1 + next(n for n, piece in enumerate(pieces) if piece.fills and piece.grade_id == name)

    def _begin_with_setup(self, pieces: list[Piece]) -> None:
        """Move the set-up cell to the beginning if it stands below a stub that needs its names."""
        setup = next((n for n, piece in enumerate(pieces) if piece.fills and piece.grade_id == SETUP), 0)
        if any(piece.grade_id in self._stubs and piece.runs for piece in pieces[:setup]):
            pieces.insert(0, pieces.pop(setup))
            sentence = "{cells} stands below code that needs it; the released text runs first."
            self._remark({SETUP: self._places[SETUP]}, RemarkKind.ELSEWHERE, sentence)

    def _remark_on_pictures(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.fills and piece.grade_id in self._written:
                missing = missing_pictures(piece.source, {name for name, data in piece.attachments.items() if data})
                self._remarks += pictures_remarked(piece.name, missing)

    def _remark_on_missing(self, missing: tuple[str, ...], unsure: frozenset[str]) -> None:
        def among(names: Iterable[str]) -> _Places:
            return {name: [] for name in names if name in missing}

        sentence = "the check cell is missing; it is the course's own, so the question is graded all the same."
        self._remark(among(filter(self._is_check, self._given)), RemarkKind.MISSING, sentence)
        sentence = "the cell is missing, and no other one defines its function."
        self._remark(among(n for n in self._stubs if n not in self._replaced), RemarkKind.MISSING, sentence)
        sentence = "the cell is missing, and no text stands in its place."
        self._remark(among(n for n in self._written if n not in unsure), RemarkKind.MISSING, sentence)
        self._remark(among([SETUP]), RemarkKind.MISSING, "the cell is missing; the released one runs first.")


def _cell_name(place: int) -> str:
    return f"cell {place + 1}"
