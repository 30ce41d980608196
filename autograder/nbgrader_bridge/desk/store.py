"""The marking desk's store: everything that the pages and `autograder mark` read and write.

Each call is one transaction. Nothing that can change is kept between calls, so several servers can use one gradebook
on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from autograder.assignment.questions import WRITTEN
from autograder.assignment.settings import Show
from autograder.marking.draw import in_order
from autograder.marking.impact import Impact
from autograder.marking.scheme import Scheme, from_document, render
from autograder.nbgrader_bridge.desk import (
    alike_answers,
    bank,
    copies,
    events,
    grades,
    marks,
    queue,
    regrade_requests,
    rubrics,
    saving,
    second_marks,
)
from autograder.nbgrader_bridge.desk.database import Database
from autograder.nbgrader_bridge.desk.index import Indexed, NotebookOf, index
from autograder.nbgrader_bridge.desk.model import (
    AlikePairs,
    Answer,
    AnswerState,
    BankComment,
    Claim,
    Conflict,
    ConflictKind,
    DeskProblem,
    Event,
    Left,
    Member,
    Neighbours,
    QuestionAgreement,
    QuestionProgress,
    Request,
    Rubric,
    Saved,
    SaveMark,
    Slot,
    State,
    Typed,
    Undone,
    Wanted,
)
from autograder.nbgrader_bridge.desk.progress import progress
from autograder.nbgrader_bridge.desk.regrade_requests import Asked
from autograder.nbgrader_bridge.desk.tables import ANSWER
from autograder.nbgrader_bridge.desk.typed import typed

#: Actions of the log that somebody did who can take them back.
_UNDOABLE = ("save", "second", "resolve", "take", "restore", "rubric")


class Store:
    """The store of a gradebook.

    Parameters
    ----------
    db_url : str
        The gradebook's SQLAlchemy address. Opening it makes the desk's tables, and takes the notebook's mark schemes.
    seed : str
        The course's secret seed; the random orders are drawn from it.
    show : Show
        How much of the mark scheme students see.

    Raises
    ------
    DeskFault
        The gradebook cannot be used, or has tables of a newer version of the desk. Every method can raise it, too.
    """

    def __init__(self, db_url: str, *, seed: str, show: Show = Show.ALL) -> None:
        self._database = Database(db_url)
        self._seed, self._show = seed, show
        with self._database.write() as connection:
            self._database.alone(connection)
            rubrics.adopt(connection)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def index(self, notebook_of: NotebookOf) -> Indexed:
        """Read new and changed answers from the autograded notebooks, and group them. It can take a minute."""
        found = index(self._database, notebook_of)
        if found.changed:
            self._database.analyze()
        return found

    # --- Reading ------------------------------------------------------------------------------------------

    def questions(self) -> tuple[QuestionProgress, ...]:
        """Return the progress of every written question."""
        with self._database.read() as connection:
            return progress(connection, *WRITTEN)

    def question(self, question: str) -> QuestionProgress:
        """Return the progress of one question; raise `DeskProblem` if there is none of this name."""
        if question not in WRITTEN:
            raise DeskProblem(f"there is no written question {question}")
        with self._database.read() as connection:
            return progress(connection, question)[0]

    def queue(self, question: str, wanted: Wanted = Wanted.ALL, marker: str = "") -> tuple[AnswerState, ...]:
        """Return answers to a question in its random order, which is stable and another one for each question."""
        with self._database.read() as connection:
            found = queue.listed(connection, question, self._seed, wanted, marker)
            return tuple(queue.states(connection, question, self._seed, found))

    def numbers(self, question: str, marker: str, *lists: Wanted) -> dict[Wanted, int]:
        """Return how many answers of a question these lists have for a marker."""
        with self._database.read() as connection:
            return {each: queue.number(connection, question, self._seed, each, marker) for each in lists}

    def second_marks_for(self, marker: str) -> dict[str, int]:
        """Return by question how many answers wait for a marker's second mark."""
        with self._database.read() as connection:
            found = second_marks.waiting_for(connection, marker, *WRITTEN)
            return {question: len(ids) for question, ids in found.items()}

    def differing(self) -> dict[str, int]:
        """Return by question how many answers have two marks that differ, until somebody resolves them."""
        with self._database.read() as connection:
            found = second_marks.differing(connection, *WRITTEN)
            return {question: len(ids) for question, ids in found.items()}

    def typed(self) -> tuple[Typed, ...]:
        """Return what was typed in the formgrader, by question."""
        with self._database.read() as connection:
            return typed(connection, *WRITTEN)

    def second_marks(self, question: str) -> tuple[int, int]:
        """Return how many second marks of a question were given, and how many there will be."""
        with self._database.read() as connection:
            return second_marks.given(connection, question)

    def next_of(self, question: str, wanted: Wanted, marker: str, after: str) -> str:
        """Return which answer of a list comes after another one for a marker; "" if there is none.

        Of the unmarked answers, those are left out that are not read yet, or that somebody else has.
        """
        with self._database.read() as connection:
            return queue.next_of(connection, question, self._seed, wanted, marker, after)

    def around(self, question: str, wanted: Wanted, marker: str, grade_id: str) -> Neighbours:
        """Return the answers of a list before and after another one."""
        with self._database.read() as connection:
            return queue.around(connection, question, self._seed, wanted, marker, grade_id)

    def similar_to(self, answer: AnswerState, most: int, leave_out: Collection[str]) -> tuple[AnswerState, ...]:
        """Return answers of the same group of similar ones, in the question's random order."""
        with self._database.read() as connection:
            found = alike_answers.led_by(connection, answer.similar) - {answer.grade_id, *leave_out}
            chosen = in_order(found, self._seed, answer.question)[:most]
            return tuple(queue.states(connection, answer.question, self._seed, chosen))

    def answer(self, grade_id: str, slot: Slot = Slot.FIRST) -> Answer:
        """Return one answer; raise `DeskProblem` if there is none. With the second slot, the first mark is left out."""
        with self._database.read() as connection:
            row = grades.one(connection, grade_id)
            (state,) = queue.states(connection, row.question, self._seed, (grade_id,))
            mark = marks.some(connection, (grade_id,), slot).get(grade_id)
            text = connection.execute(select(ANSWER).where(ANSWER.c.grade_id == grade_id)).one_or_none()
            if slot is Slot.SECOND:
                state = replace(state, score=None, extra=0.0, by="", at="", rev=mark.rev if mark else 0)
            return Answer(
                status=state,
                sha256=text.sha256 if text else "",
                source=text.source if text else "",
                html=text.html if text else "",
                max_points=row.max_points,
                mark=mark,
                comment="" if slot is Slot.SECOND else row.comment or "",
                needs_manual_grade=bool(row.needs_manual_grade),
            )

    def group(self, grade_id: str) -> tuple[Member, ...]:
        """Return the answers that may get one mark with this one, itself included and the leader first; or nothing."""
        with self._database.read() as connection:
            return alike_answers.members(connection, grade_id)

    def similar(self, question: str, start: int = 0, most: int | None = None) -> AlikePairs:
        """Return pairs of answers that somebody should look at, as `index` found them, the most alike first.

        A large class has thousands: ``start`` of them are left out, and at most ``most`` are returned.
        """
        with self._database.read() as connection:
            found = alike_answers.pairs(connection, question, start, most)
            return AlikePairs(question, alike_answers.number_of_pairs(connection, question), start, found)

    def students(self) -> dict[str, str]:
        """Return whose answer each one is: for instructors only."""
        with self._database.read() as connection:
            return {row.grade_id: row.student for row in grades.of_question(connection).values()}

    def log(
        self,
        grade_id: str | None = None,
        student: str | None = None,
        *,
        most: int | None = None,
        names: bool = False,
        moved: bool = False,
    ) -> tuple[Event, ...]:
        """Return the log's entries of an answer, of a student or of all, oldest first.

        Parameters
        ----------
        most : int or None
            How many of the newest entries.
        names : bool
            Fill in the students: for instructors only.
        moved : bool
            Leave out entries by which no mark and no score changed.
        """
        with self._database.read() as connection:
            ids, undone = None if grade_id is None else {grade_id}, events.undone(connection)
            if student is not None:
                theirs = set(grades.of_student(connection, student))
                ids = theirs if ids is None else ids & theirs
            found = events.log(connection, ids, most, moved=moved)
            rows = grades.known(connection, {event.grade_id for event in found})
            return tuple(
                replace(
                    event,
                    student=row.student if row and names else "",
                    question=row.question if row else str(event.after.get("question", "")),
                    undone=event.batch in undone,
                )
                for event in found
                for row in (rows.get(event.grade_id),)
            )

    # --- Marking ------------------------------------------------------------------------------------------

    def claim(self, grade_id: str, by: str) -> Claim:
        """Claim an answer for five minutes, or renew the claim. Somebody else's claim stays, and is returned."""
        with self._writing(grade_id) as connection:
            return queue.claim(connection, grade_id, by)

    def leave(self, grade_id: str, by: str) -> None:
        """Free an answer that somebody claimed and looks at no more."""
        with self._writing(grade_id) as connection:
            queue.leave(connection, grade_id, by)

    def left(self, question: str, marker: str) -> Left:
        """Return why unmarked answers to a question are not offered to a marker."""
        with self._database.read() as connection:
            return queue.left(connection, question, self._seed, marker)

    def save(self, wish: SaveMark) -> Saved:
        """Save a mark, with score, comment and log, in one transaction; with ``also``, of the whole group or of none.

        Raises
        ------
        Conflict
            Mark, mark scheme, answer, or the formgrader's score changed since the marker's page was loaded.
        DeskProblem, BadMark
            The mark cannot be saved as it is.
        """
        with self._writing(wish.grade_id) as connection:
            event = saving.save(connection, wish, self._show)
            return _saved(connection, event, wish.grade_id, wish.slot)

    def undo(self, event: int, by: str, *, schemes: bool = True) -> Undone:
        """Take back what an entry of the log did: a save, of its whole group, or a change of a mark scheme.

        It is a new entry. Without ``schemes``, a change of a mark scheme is refused.

        Raises
        ------
        Conflict
            One of the marks or scores is another one than the entry left.
        DeskProblem
            There is no such entry, it is undone already, or of another kind.
        """
        with self._writing("") as connection:
            return self._undo(connection, event, by, schemes)

    def undo_newest(self, by: str, *, schemes: bool = True) -> Undone | None:
        """Take back what a marker did last and did not take back yet; None if there is nothing. Otherwise as `undo`.

        Called again and again, it goes back step by step. It stops where somebody changed the answer meanwhile.
        """
        with self._writing("") as connection:
            event = events.newest_by(connection, by, _UNDOABLE)
            return self._undo(connection, event, by, schemes) if event else None

    def _undo(self, connection: Connection, event: int, by: str, schemes: bool) -> Undone:
        batch = events.batch_of(connection, event)
        first = batch[0]
        if first.batch in events.undone(connection):
            raise DeskProblem("this is undone already")
        if first.action == "rubric" and schemes:
            added = rubrics.undo(connection, batch, by, marks.Writer(self._show))
            return _undone_scheme(added, first, events.batch_of(connection, added)[1:])
        if first.action not in ("undo", *_UNDOABLE) or not first.grade_id:
            raise DeskProblem(f"an entry of the kind {first.action!r} cannot be undone")
        added = saving.undo(connection, batch, by, self._show)
        mark = marks.from_builtins(first.after["mark"])
        saved = _saved(connection, added, first.grade_id, mark.slot)
        question = saved.progress.question
        request, reply, said = regrade_requests.reopen(connection, batch, question)
        mark = replace(mark, note=mark.note.removesuffix(said).strip())
        return Undone(
            added, first.action, question, first.grade_id, len(batch), mark, saved.score, request=request, reply=reply
        )

    def settle(self, grade_id: str, by: str, *, take: bool) -> Saved:
        """Settle a score that was typed in the formgrader: take it as an adjustment, or restore what the items say.

        Raises
        ------
        DeskProblem
            The score is not overruled, or no adjustment reaches it.
        """
        with self._writing(grade_id) as connection:
            event = saving.settle(connection, grade_id, by, self._show, take=take)
            return _saved(connection, event, grade_id, Slot.FIRST)

    def comments(self, question: str) -> tuple[BankComment, ...]:
        """Return the bank's comments on a question, most used first."""
        with self._database.read() as connection:
            return bank.comments(connection, question)

    def remove_comment(self, question: str, text: str) -> None:
        """Take a comment out of the bank; raise `DeskProblem` if it has none of these words."""
        with self._writing("") as connection:
            bank.remove(connection, question, text)

    def use_comment(self, question: str, text: str, by: str) -> None:
        """Add a comment to the bank, or count one more use of it."""
        with self._writing("") as connection:
            bank.use(connection, question, text, by)

    # --- Mark schemes -------------------------------------------------------------------------------------

    def rubric(self, question: str) -> Rubric:
        """Return the mark scheme that counts, with what is wrong with it."""
        with self._database.read() as connection:
            return rubrics.current(connection, question)[question]

    def schemes(self) -> dict[str, Scheme | None]:
        """Return the mark schemes that count, by question; None for a question that has none."""
        with self._database.read() as connection:
            return {question: each.scheme for question, each in rubrics.current(connection, *WRITTEN).items()}

    def propose_rubric(self, scheme: Scheme) -> Impact:
        """Return what a change of a mark scheme would do. Nothing is written."""
        with self._database.read() as connection:
            return rubrics.impact(connection, rubrics.continued(connection, scheme))

    def change_rubric(self, scheme: Scheme, rev: int, by: str, *, look: bool = False) -> int:
        """Change a mark scheme, and every score that rests on it; return the id of the log's entry.

        ``rev`` is the revision that the person saw. Scores that were overruled in the formgrader stay. With ``look``,
        answers that were marked without a new item or false statement are to be looked at again.

        Raises
        ------
        Conflict
            Somebody changed the mark scheme meanwhile.
        DeskProblem
            The scheme has other points than the gradebook.
        """
        with self._writing("") as connection:
            new, writer = rubrics.continued(connection, scheme), marks.Writer(self._show)
            return rubrics.change(connection, new, rev, by, writer, look=look)

    # --- Several markers ----------------------------------------------------------------------------------

    def assign(self, question: str, shares: Mapping[str, float]) -> None:
        """Assign the answers to a question to markers by shares; no shares take an assignment back."""
        with self._writing("") as connection:
            queue.assign(connection, question, shares)

    def assigned(self) -> dict[str, Mapping[str, float]]:
        """Return the markers' shares by question."""
        with self._database.read() as connection:
            return queue.assigned(connection)

    def sample(self, share: float, seed: str | None = None) -> dict[str, int]:
        """Draw answers for a second mark; return by question how many wait for one."""
        with self._writing("") as connection:
            return {
                question: second_marks.draw(connection, question, share, seed or self._seed) for question in WRITTEN
            }

    def agreement(self, question: str) -> QuestionAgreement:
        """Return how far first and second marks of a question agree, and the answers with both, side by side.

        To resolve an answer is to save the mark that counts from now on: `save` with ``resolves=True`` in the first
        slot, and with ``rev``, ``seen`` and so on as for any mark (see `answer`). Its ``given`` is that of
        `DoubleMark.first`, that of `DoubleMark.second`, or a third one. The log calls it "resolve", and `undo` takes
        it back. Agreement does not change by it, because it is measured with what the two gave by themselves.
        """
        with self._database.read() as connection:
            return second_marks.measure(connection, question)

    def answer_id(self, beginning: str) -> str:
        """Return the id of the answer whose id begins so; raise `DeskProblem` unless there is just one."""
        with self._database.read() as connection:
            return grades.named(connection, beginning)

    def resolve(self, grade_id: str, slot: Slot, by: str) -> Saved:
        """Let one of an answer's two marks count, with its adjustment and its note.

        Raises
        ------
        DeskProblem
            The answer does not have two marks that differ, or something was typed for it in the formgrader.
        """
        answer = self.answer(grade_id)
        question = answer.status.question
        differ = {each.grade_id: each for each in self.agreement(question).answers if each.open}
        if grade_id not in differ:
            raise DeskProblem("this answer does not have two marks that differ")
        if answer.status.overruled or answer.status.comment_edited:
            raise DeskProblem("somebody used the formgrader for this answer; open it at the desk")
        chosen = differ[grade_id].second if slot is Slot.SECOND else differ[grade_id].first
        return self.save(
            SaveMark(
                grade_id=grade_id,
                rev=answer.status.rev,
                rubric_rev=self.rubric(question).rev,
                given=chosen.given,
                by=by,
                answer_sha256=answer.sha256,
                seen=answer.status.score,
                adjustment=chosen.adjustment,
                reason=chosen.reason,
                note=chosen.note,
                resolves=True,
            )
        )

    # --- Requests, copies ---------------------------------------------------------------------------------

    def requests(self, grade_id: str | None = None) -> tuple[Request, ...]:
        """Return the students' requests for another look, at one answer or at all, oldest first."""
        with self._database.read() as connection:
            return regrade_requests.every(connection, grade_id)

    def add_requests(self, asked: Sequence[Asked], until: datetime | None) -> list[str]:
        """Add requests; return one line for each that was refused. ``until`` is when the window closes."""
        with self._writing("") as connection:
            return regrade_requests.add(connection, asked, until)

    def answer_request(
        self, number: int, by: str, reply: str, wish: SaveMark | None = None, *, compose: bool = False
    ) -> int:
        """Accept a request with a changed mark, or keep the mark (None). Returns the id of the log's entry.

        ``compose`` is that of `SaveMark`, for a mark that is kept.
        """
        with self._writing(wish.grade_id if wish else "") as connection:
            return regrade_requests.answer(connection, number, by, reply, wish, self._show, compose=compose)

    def export(self) -> list[dict[str, Any]]:
        """Return all marks as `autograder/marks/v1`: plain data for lines of JSON, always in the same order."""
        with self._database.read() as connection:
            return list(copies.export(connection))

    def load(self, lines: Iterable[Any]) -> int:
        """Write exported marks into a gradebook without marks, and return how many; raise `DeskProblem` otherwise."""
        with self._writing("") as connection:
            return copies.load(connection, lines)

    @contextmanager
    def _writing(self, grade_id: str) -> Iterator[Connection]:
        with self._database.write() as connection:
            try:
                yield connection
            except IntegrityError:
                raise Conflict(
                    ConflictKind.MARK,
                    "somebody else saved this at the same moment. Nothing was saved",
                    grade_id=grade_id,
                ) from None


def _undone_scheme(event: int, change: Event, moved: Sequence[Event]) -> Undone:
    """Return what was undone of a changed mark scheme, by the entries of the answers that changed with it."""
    return Undone(
        event=event,
        action=change.action,
        question=change.before["question"],
        grade_id="",
        answers=len(moved),
        mark=None,
        score=None,
        markdown=render(from_document(change.after["document"])),
        moved=sum(each.before["score"] != each.after["score"] for each in moved),
        look=sum(each.after["mark"]["state"] == State.LOOK for each in moved),
    )


def _saved(connection: Connection, event: int, grade_id: str, slot: Slot) -> Saved:
    row, mark = grades.one(connection, grade_id), marks.some(connection, (grade_id,), slot)[grade_id]
    score = row.score if slot is Slot.FIRST else mark.written_score
    return Saved(event, mark.rev, score, progress(connection, row.question)[0])
