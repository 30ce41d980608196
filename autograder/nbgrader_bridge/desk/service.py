"""The desk of one server: opens the store, reads new answers in the background, and joins both to the pages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.assignment.questions import WRITTEN
from autograder.assignment.seeds import course_seed
from autograder.errors import UserError
from autograder.marking.scheme import check_halves, parse
from autograder.nbgrader_bridge.desk import pages
from autograder.nbgrader_bridge.desk.model import (
    DeskProblem,
    DoubleMark,
    Neighbours,
    RequestState,
    SaveMark,
    Slot,
    Wanted,
)
from autograder.nbgrader_bridge.desk.settings import MarkingDesk
from autograder.nbgrader_bridge.desk.store import Store

#: Seconds that the first page waits for new answers to be read. A small class takes less.
_PATIENCE = 1.0
_LOG_LINES = 200
#: Similar answers that a page names, and pairs of a question.
_ALIKE, _PAIRS = 8, 50
_NOT_READ = "Load the page again in a moment. If this answer stays unread, the server's log says why."
_RESOLVED_BY = "two marks that differ are resolved by instructors"


class Desk:
    """What the handlers call, each call in a thread of its own.

    Parameters
    ----------
    db_url : str
        The gradebook.
    root : Path
        The course folder, which has the secret seed of the random orders.
    notebook_of : callable
        Returns the path of a student's autograded notebook.
    release : Path
        The released notebook, which has the prompts.
    settings : MarkingDesk
    log : logging.Logger
    """

    def __init__(
        self,
        db_url: str,
        root: Path,
        notebook_of: Callable[[str], Path],
        release: Path,
        settings: MarkingDesk,
        log: logging.Logger,
    ) -> None:
        self._db_url, self._root, self._notebook_of, self._release = db_url, root, notebook_of, release
        self._settings, self._log = settings, log
        self._opening = threading.Lock()
        self._reading: threading.Thread | None = None
        self._seen: dict[str, int] = {}

    def instructs(self, marker: str) -> bool:
        """Whether this marker may see what is for instructors."""
        instructors = self._settings.instructors
        return not instructors or marker in instructors or marker in {each.lower() for each in instructors}

    @property
    def store(self) -> Store:
        """The store. It is opened at the first call, because a server may start before there is a gradebook."""
        with self._opening:
            return self._store

    @cached_property
    def _store(self) -> Store:
        return Store(self._db_url, seed=course_seed(self._root), show=self._settings.show_items)

    def read_answers(self) -> bool:
        """Read the answers if notebooks changed, in the background if it takes long; return whether it goes on."""
        store = self.store
        found = self._notebooks()
        with self._opening:
            if not (self._reading and self._reading.is_alive()) and found != self._seen:
                self._reading = threading.Thread(target=self._read, args=(store, found), daemon=True)
                self._reading.start()
            thread = self._reading
        if thread is None:
            return False
        thread.join(_PATIENCE)
        return thread.is_alive()

    def _notebooks(self) -> dict[str, int]:
        """Return when each student's autograded notebook changed."""
        folder, changed = self._notebook_of("student").parents[2], {}
        for each in folder.iterdir() if folder.is_dir() else ():
            with suppress(OSError):
                changed[each.name] = self._notebook_of(each.name).stat().st_mtime_ns
        return changed

    def _read(self, store: Store, notebooks: dict[str, int]) -> None:
        try:
            found = store.index(self._notebook_of)
        except UserError as problem:
            self._log.error("The desk could not read the answers: %s.", problem)
        else:
            self._seen = notebooks
            for line in found.problems:
                self._log.warning("%s.", line)

    def home(self, visitor: pages.Visitor) -> str:
        """Return the desk's first page."""
        reading = self.read_answers()
        questions = self.store.questions()
        second = self.store.second_marks_for(visitor.marker)
        resolve = self.store.differing() if visitor.instructs else dict.fromkeys(second, 0)
        open_requests = sum(each.state is RequestState.OPEN for each in self.store.requests())
        return pages.home(visitor, questions, self.store.typed(), second, resolve, open_requests, reading=reading)

    def question(self, visitor: pages.Visitor, question: str, wanted: Wanted, at: str) -> str:
        """Return the page of one answer: ``at``, or the first one of the list. Open requests about it are on it."""
        if wanted is Wanted.RESOLVE and not visitor.instructs:
            raise DeskProblem(_RESOLVED_BY)
        store, slot, marker = self.store, pages.slot_of(wanted), visitor.marker
        progress, rubric, bank = store.question(question), store.rubric(question), store.comments(question)
        prompt = pages.prompt_of(self._release, question)
        waiting = store.numbers(
            question, marker, Wanted.OVERRULED, Wanted.SECOND, *([Wanted.RESOLVE] if visitor.instructs else [])
        )
        counts = progress.lists | waiting
        grade_id = at or store.next_of(question, wanted, marker, "")
        if not grade_id:
            none = Neighbours("", "")
            left = store.left(question, marker) if wanted is Wanted.UNMARKED else None
            return pages.question(
                visitor, wanted, progress, rubric, None, none, (), (), bank, prompt, counts, left=left
            )
        answer = store.answer(grade_id, slot)
        if answer.status.question != question:
            raise DeskProblem(f"this is no answer to {question}")
        if not answer.status.indexed:
            self.read_answers()
            return pages.message(visitor, "Not read yet", _NOT_READ)
        group = store.group(grade_id) if slot is Slot.FIRST and answer.status.together > 1 else ()
        return pages.question(
            visitor,
            wanted,
            progress,
            rubric,
            answer,
            store.around(question, wanted, marker, grade_id),
            group,
            store.similar_to(answer.status, _ALIKE, [each.grade_id for each in group]),
            bank,
            prompt,
            counts,
            [each for each in store.requests(grade_id) if each.state is RequestState.OPEN],
            self._double(question, grade_id) if wanted is Wanted.RESOLVE else None,
        )

    def group(self, visitor: pages.Visitor, grade_id: str) -> str:
        """Return the page with the answers that may get one mark with this one."""
        return pages.group(visitor, self.store.answer(grade_id), self.store.group(grade_id))

    def compare(self, visitor: pages.Visitor, one: str, other: str) -> str:
        """Return the page with two answers side by side."""
        return pages.compare(visitor, self.store.answer(one), self.store.answer(other))

    def rubric(self, visitor: pages.Visitor, question: str) -> str:
        """Return the page on which a mark scheme is changed."""
        return pages.rubric(visitor, self.store.rubric(question))

    def agreement(self, visitor: pages.Visitor) -> str:
        """Return the page on agreement."""
        return pages.agreement(visitor, [self.store.agreement(each) for each in WRITTEN], self.store.schemes())

    def similar(self, visitor: pages.Visitor, question: str = "", start: int = 0) -> str:
        """Return the page with pairs to look at: the first ones of each question, or some of one question's."""
        questions = (question,) if question else WRITTEN
        return pages.similar(visitor, [self.store.similar(each, start, _PAIRS) for each in questions])

    def requests(self, visitor: pages.Visitor) -> str:
        """Return the page with what students ask."""
        return pages.requests(visitor, self.store.requests(), self.store.schemes())

    def log(self, visitor: pages.Visitor, grade_id: str) -> str:
        """Return the page with the newest entries of the log, of one answer or of all."""
        events = self.store.log(grade_id=grade_id or None, most=_LOG_LINES, moved=True)
        return pages.log(visitor, events[::-1], grade_id)

    def save(self, mark: SaveMark, wanted: Wanted) -> dict[str, Any]:
        """Save a mark, and return what the script shows, with the next answer of the list."""
        if mark.resolves and not self.instructs(mark.by):
            raise DeskProblem(_RESOLVED_BY)
        saved = self.store.save(mark)
        question = saved.progress.question
        return {
            "event": saved.event,
            "rev": saved.rev,
            "score": saved.score,
            "answers": 1 + len(mark.also),
            "progress": {"marked": saved.progress.done + saved.progress.look, "answers": saved.progress.answers},
            "second": self._second_marks(question) if mark.slot is Slot.SECOND else None,
            "next": self.store.next_of(question, wanted, mark.by, mark.grade_id),
        }

    def undo(self, event: int, by: str) -> dict[str, Any]:
        """Undo a save of anybody's, as long as nobody marked since; for instructors, a change of a mark scheme, too.

        Event 0 stands for the newest one of this marker's own that is not undone yet. What is returned says what was
        undone, and has the choices, so that the page can bring them back as not saved.
        """
        schemes = self.instructs(by)
        found = self.store.undo(event, by, schemes=schemes) if event else self.store.undo_newest(by, schemes=schemes)
        return pages.undone(found)

    def claim(self, grade_id: str, by: str, left: str) -> dict[str, Any]:
        """Free the answer that a marker left, and claim another one for some minutes; "" stands for none.

        ``by`` in the answer is the other marker who has it, if there is one.
        """
        if left:
            self.store.leave(left, by)
        claim = self.store.claim(grade_id, by) if grade_id else None
        return {"by": claim.by if claim and claim.by != by else ""}

    def change_rubric(
        self, question: str, rev: int, markdown: str, by: str, *, trial: bool, look: bool = False
    ) -> dict[str, Any]:
        """Change a mark scheme, or only say what would move. ``look`` is as in `Store.change_rubric`.

        Raises
        ------
        DeskProblem
            The settings name instructors, and this is none of them.
        SchemeProblem
            The Markdown cannot be read. The message names the row.
        """
        if not self.instructs(by):
            raise DeskProblem("a mark scheme is changed by instructors")
        new = parse(markdown.replace("\r\n", "\n"), question, self.store.question(question).max_points)
        check_halves(new)
        found = self.store.propose_rubric(new)
        event = 0 if trial else self.store.change_rubric(new, rev, by, look=look)
        return {"event": event, **pages.impact(found)}

    def add_comment(self, question: str, text: str, by: str) -> dict[str, Any]:
        """Put a comment into the bank."""
        self.store.use_comment(question, text, by)
        return {}

    def remove_comment(self, question: str, text: str) -> dict[str, Any]:
        """Take a comment out of the bank."""
        self.store.remove_comment(question, text)
        return {}

    def answer_request(
        self, number: int, reply: str, by: str, mark: SaveMark | None, *, compose: bool = False
    ) -> dict[str, Any]:
        """Accept a student's request with a changed mark, or keep the mark (None)."""
        self.store.answer_request(number, by, reply, mark, compose=compose)
        return {}

    def _second_marks(self, question: str) -> dict[str, int]:
        given, of = self.store.second_marks(question)
        return {"given": given, "of": of}

    def _double(self, question: str, grade_id: str) -> DoubleMark | None:
        both = (each for each in self.store.agreement(question).answers if each.open)
        return next((each for each in both if each.grade_id == grade_id), None)
