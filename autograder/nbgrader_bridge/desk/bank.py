"""The bank of comments: what markers wrote before, to use again."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from autograder.nbgrader_bridge.desk.database import now
from autograder.nbgrader_bridge.desk.grades import sha256
from autograder.nbgrader_bridge.desk.model import BankComment, DeskProblem
from autograder.nbgrader_bridge.desk.tables import COMMENT

_MOST = 2_000


def comments(connection: Connection, question: str) -> tuple[BankComment, ...]:
    """Return the comments on a question, most used first."""
    wanted = select(COMMENT.c.text, COMMENT.c.uses).where(COMMENT.c.question == question)
    return tuple(
        BankComment(*row) for row in connection.execute(wanted.order_by(COMMENT.c.uses.desc(), COMMENT.c.text))
    )


def remove(connection: Connection, question: str, text: str) -> None:
    """Take a comment out of the bank. Marks that have it keep their words."""
    which = (COMMENT.c.question == question) & (COMMENT.c.sha256 == sha256(text.strip()))
    if not connection.execute(delete(COMMENT).where(which)).rowcount:
        raise DeskProblem("the bank has no such comment any more")


def use(connection: Connection, question: str, text: str, by: str) -> None:
    """Add a comment, or count one more use of it."""
    text = text.strip()
    if not 0 < len(text) <= _MOST:
        raise DeskProblem(f"a comment of the bank has 1 to {_MOST:,} characters")
    which = (COMMENT.c.question == question) & (COMMENT.c.sha256 == sha256(text))
    if not connection.execute(update(COMMENT).where(which).values(uses=COMMENT.c.uses + 1)).rowcount:
        connection.execute(
            insert(COMMENT).values(question=question, sha256=sha256(text), text=text, uses=1, by=by, at=now())
        )
