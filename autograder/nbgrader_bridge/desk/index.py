"""Reads the written answers from the autograded notebooks into the desk's tables, as safe HTML, and groups them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select

from autograder.assignment.questions import WRITTEN
from autograder.nbgrader_bridge.desk import alike_answers, grades, marks
from autograder.nbgrader_bridge.desk.database import Database, now
from autograder.nbgrader_bridge.desk.grades import Row, sha256
from autograder.nbgrader_bridge.desk.model import Mark, Slot
from autograder.nbgrader_bridge.desk.tables import ANSWER, CLAIM, GROUP, MARK
from autograder.nbgrader_bridge.desk.withdrawal import withdraw
from autograder.notebook import Notebook, UnreadableNotebook, read_notebook
from autograder.safe_markdown import Renderer, render
from autograder.submission.written_answers import written_answer

#: What a reader of one student's autograded notebook is called with.
NotebookOf = Callable[[str], Path]


@dataclass(frozen=True)
class Indexed:
    """Numbers of answers, and of new or changed ones; one line for each notebook that cannot be read."""

    answers: int
    changed: int
    problems: tuple[str, ...]


def index(database: Database, notebook_of: NotebookOf) -> Indexed:
    """Read all answers, keep what did not change, and group the questions where something did.

    Rendering and comparing happen outside of transactions: nobody who saves a mark waits for them.

    Parameters
    ----------
    notebook_of : callable
        Returns the path of a student's autograded notebook.
    """
    with database.read() as connection:
        rows = grades.of_question(connection)
        known = dict(connection.execute(select(ANSWER.c.grade_id, ANSWER.c.sha256)).tuples().all())
        release = grades.released_notebook(connection)
    problems: list[str] = []
    new = list(_new_answers(rows, known, notebook_of, release, problems))
    gone = known.keys() - rows.keys()
    with database.write() as connection:
        database.alone(connection)
        held = {mark.grade_id: mark for mark in marks.every(connection) if mark.slot is Slot.FIRST}
        for table in (ANSWER, GROUP, CLAIM, MARK):
            _remove(connection, table, gone)
        # Autograding does this, too; but somebody may have changed the autograded notebook without it.
        replaced = [each["grade_id"] for each in new if _is_of_another(held.get(each["grade_id"]), each["sha256"])]
        if replaced:
            withdraw(connection, replaced, now())
        _remove(connection, ANSWER, {each["grade_id"] for each in new})
        if new:
            connection.execute(insert(ANSWER), new)
    for question in WRITTEN:
        with database.read() as connection:
            compared = alike_answers.to_compare(connection, question)
        if compared is not None:
            found = alike_answers.found(compared)
            with database.write() as connection:
                database.alone(connection)
                alike_answers.keep(connection, compared, *found)
    return Indexed(len(rows), len(new), tuple(problems))


def _new_answers(
    rows: dict[str, Row],
    known: dict[str, str],
    notebook_of: NotebookOf,
    release: Notebook,
    problems: list[str],
) -> Iterator[dict[str, Any]]:
    by_student: dict[str, list[Row]] = {}
    seen: dict[tuple[str, str], tuple[str, str]] = {}  # many answers are the same, such as empty ones
    for row in rows.values():
        by_student.setdefault(row.student, []).append(row)
    for student, its_rows in sorted(by_student.items()):
        try:
            notebook = read_notebook(notebook_of(student))
        except UnreadableNotebook as problem:
            problems.append(f"{student}: the autograded notebook {problem.problem}; autograde it again")
            continue
        for row in its_rows:
            cell = notebook.cell(row.question)
            source, attachments = (cell.source, cell.attachments) if cell else ("", {})
            digest = sha256(source + "".join(f"\0{name}\0{kinds}" for name, kinds in sorted(attachments.items())))
            if known.get(row.grade_id) == digest:
                continue
            key = (row.question, digest)
            source = source.encode(errors="replace").decode().replace("\0", "�")  # PostgreSQL takes neither
            if key not in seen:
                html = render(source, Renderer(attachments)).replace("\0", "�")
                seen[key] = html, written_answer(row.question, source, release).remarkable
            html, remark = seen[key]
            yield {
                "grade_id": row.grade_id,
                "question": row.question,
                "sha256": digest,
                "source": source,
                "html": html,
                "words": len(source.split()),
                "remark": remark,
            }


def _remove(connection: Connection, table: Table, grade_ids: Set[str]) -> None:
    if grade_ids:
        which = [{"which": grade_id} for grade_id in sorted(grade_ids)]
        connection.execute(delete(table).where(table.c.grade_id == bindparam("which")), which)


def _is_of_another(mark: Mark | None, digest: str) -> bool:
    return mark is not None and mark.state in marks.COUNTED and mark.answer_sha256 not in ("", digest)
