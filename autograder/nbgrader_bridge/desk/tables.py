"""The desk's own tables in the gradebook's database, and the columns of nbgrader's that it reads and writes.

nbgrader knows nothing of the desk's tables, and leaves them. A gradebook without them works everywhere.
"""

from __future__ import annotations

from typing import cast

from nbgrader import api
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn

from autograder.nbgrader_bridge.desk.model import DeskFault

_SCHEMA_KEY = "schema"

METADATA = MetaData()

META = Table("desk_meta", METADATA, Column("key", String(128), primary_key=True), Column("value", Text, nullable=False))

RUBRIC = Table(
    "desk_rubric",
    METADATA,
    Column("question", String(128), primary_key=True),
    Column("rev", Integer, primary_key=True, autoincrement=False),
    Column("document", JSON, nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", String(32), nullable=False),
)

#: A cache, which `index.py` makes again from the autograded notebooks.
ANSWER = Table(
    "desk_answer",
    METADATA,
    Column("grade_id", String(32), primary_key=True),
    Column("question", String(128), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("source", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("words", Integer, nullable=False),
    Column("remark", String(64), nullable=False),
    # A save for a group reads the hashes of the whole class, and no text.
    Index("desk_answer_hashes", "question", "grade_id", "sha256"),
)

#: A cache, too. ``together`` says whether the members may get one mark, or are only similar. What it was made from
#: stands in `META`: `alike_answers.py` makes it again when that changes.
GROUP = Table(
    "desk_group",
    METADATA,
    Column("grade_id", String(32), primary_key=True),
    Column("together", Boolean, primary_key=True),
    Column("question", String(128), nullable=False, index=True),
    Column("tier", Integer, nullable=False),
    Column("leader", String(32), nullable=False, index=True),
)

#: A cache of pairs of answers to look at, made with the groups.
PAIR = Table(
    "desk_pair",
    METADATA,
    Column("one", String(32), primary_key=True),
    Column("other", String(32), primary_key=True),
    Column("question", String(128), nullable=False, index=True),
    Column("share", Float, nullable=False),
)

MARK = Table(
    "desk_mark",
    METADATA,
    Column("grade_id", String(32), primary_key=True),
    Column("slot", String(16), primary_key=True),
    Column("rev", Integer, nullable=False),
    Column("rubric_rev", Integer, nullable=False),
    Column("given", JSON, nullable=False),
    Column("adjustment", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", String(32), nullable=False),
    Column("written_score", Float),
    Column("written_comment_sha256", String(64), nullable=False),
    Column("answer_sha256", String(64), nullable=False),
    Column("resolves", JSON(none_as_null=True)),
)

CLAIM = Table(
    "desk_claim",
    METADATA,
    Column("grade_id", String(32), primary_key=True),
    Column("by", String(128), nullable=False),
    Column("until", String(32), nullable=False),
)

#: Append only.
EVENT = Table(
    "desk_event",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("by", String(128), nullable=False),
    Column("action", String(32), nullable=False),
    Column("grade_id", String(32), nullable=False, index=True),
    Column("batch", Integer, nullable=False, index=True),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    # The batch that this entry took back; 0 if it took back none.
    Column("undoes", Integer, nullable=False, server_default=text("0")),
    Index("desk_event_undoes", "undoes"),
    sqlite_autoincrement=True,
)

COMMENT = Table(
    "desk_comment",
    METADATA,
    Column("question", String(128), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", String(32), nullable=False),
)

REQUEST = Table(
    "desk_request",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("grade_id", String(32), nullable=False),
    Column("item", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reply", Text, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", String(32), nullable=False),
    Column("source_sha256", String(64), nullable=False),
    Column("first_marker", String(128), nullable=False, server_default=""),
    Index("desk_request_once", "grade_id", "item", "source_sha256", unique=True),
    sqlite_autoincrement=True,
)

#: nbgrader's tables, of which the desk writes three columns: ``grade.manual_score``, ``grade.needs_manual_grade`` and
#: ``comment.manual_comment``.
GRADE = cast(Table, api.Grade.__table__)
NB_COMMENT = cast(Table, api.Comment.__table__)
CELL = cast(Table, api.BaseCell.__table__)
GRADE_CELL = cast(Table, api.GradeCell.__table__)
SOURCE_CELL = cast(Table, api.SourceCell.__table__)
NOTEBOOK = cast(Table, api.Notebook.__table__)
ASSIGNMENT = cast(Table, api.Assignment.__table__)
SUBMITTED_NOTEBOOK = cast(Table, api.SubmittedNotebook.__table__)
SUBMITTED_ASSIGNMENT = cast(Table, api.SubmittedAssignment.__table__)


def _first(connection: Connection) -> None:
    METADATA.create_all(connection)


def _second(connection: Connection) -> None:
    """Add the columns that came later, to tables that were made without them."""
    for column in (EVENT.c.undoes, REQUEST.c.first_marker):
        if column.name not in {each["name"] for each in inspect(connection).get_columns(column.table.name)}:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}"))
    for index in EVENT.indexes:
        index.create(connection, checkfirst=True)
    theirs = select(MARK.c.by).where(MARK.c.grade_id == REQUEST.c.grade_id, MARK.c.slot == "first").scalar_subquery()
    connection.execute(update(REQUEST).values(first_marker=func.coalesce(theirs, "")))


#: What brings a gradebook from each number to the next one. A step that was published is never edited.
_STEPS = (_first, _second)
SCHEMA = len(_STEPS)


def exist(connection: Connection) -> bool:
    """Whether somebody has opened the desk on this gradebook. Its tables are made at that moment, and not before."""
    return inspect(connection).has_table(META.name)


def migrate(connection: Connection) -> None:
    """Bring the desk's tables to `SCHEMA`, in the transaction of ``connection``.

    Raises
    ------
    DeskFault
        A newer version of the desk made them.
    """
    found = 0
    if exist(connection):
        found = int(connection.scalar(select(META.c.value).where(META.c.key == _SCHEMA_KEY)) or 0)
    if found > SCHEMA:
        raise DeskFault(
            f"the desk's tables in this gradebook have version {found}, and this copy of the grader knows up to "
            f"{SCHEMA}; use the newer copy, and change nothing with this one"
        )
    for number, step in enumerate(_STEPS[found:], found + 1):
        step(connection)
        if number == 1:
            connection.execute(insert(META).values(key=_SCHEMA_KEY, value="1"))
        else:
            connection.execute(update(META).where(META.c.key == _SCHEMA_KEY).values(value=str(number)))
