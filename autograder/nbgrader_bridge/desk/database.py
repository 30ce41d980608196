"""Opens the gradebook's database for the desk, with transactions that no other program can interleave."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from autograder.nbgrader_bridge.desk import tables
from autograder.nbgrader_bridge.desk.model import DeskFault
from autograder.nbgrader_bridge.gradebook_file import SQLITE, what_to_do

#: Milliseconds that a transaction waits for another program's, and that SQLite waits at a time.
_PATIENCE, _MOMENTS = 10_000, 20
_WAIT = "PRAGMA busy_timeout = {}"
_WRITES = "desk_writes"
#: Number of PostgreSQL's advisory lock for what two servers must not do at once, such as making the tables.
_LOCK = 0x6465736B


def now() -> str:
    """Return the time, ISO 8601 in UTC, in whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Database:
    """The database of a gradebook. Making one makes the desk's tables, or brings them up to date.

    Raises
    ------
    DeskFault
        There is no gradebook, it cannot be used, or a newer version of the desk made its tables.
    """

    def __init__(self, db_url: str) -> None:
        if db_url.startswith(SQLITE) and not Path(db_url.removeprefix(SQLITE)).exists():
            raise DeskFault("there is no gradebook yet; run `make release`, which makes one")
        self._engine = create_engine(db_url)
        self.sqlite = self._engine.dialect.name == "sqlite"
        if self.sqlite:
            event.listen(self._engine, "connect", _set_up_sqlite)
            event.listen(self._engine, "begin", _begin)
        with self.write() as connection:
            self.alone(connection)
            tables.migrate(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the gradebook."""
        with self._opened() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes. It is whole or absent; on SQLite it excludes other writers from its start."""
        with self._opened(**{_WRITES: True}) as connection:
            yield connection

    def alone(self, connection: Connection) -> None:
        """Wait until no other transaction that called this is open. On SQLite, `write` itself does it."""
        if not self.sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    def analyze(self) -> None:
        """Have PostgreSQL count its rows: until it knows that a class was added, its plans are for empty tables."""
        if not self.sqlite:
            with self.write() as connection:
                connection.exec_driver_sql("ANALYZE")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _opened(self, **options: bool) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                if not self.sqlite and not options:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                connection.execution_options(**options)
                with connection.begin():
                    yield connection
        except SQLAlchemyError as problem:
            cause = str(getattr(problem, "orig", None) or problem).splitlines()[0]
            raise DeskFault(f"the gradebook {what_to_do(cause)}") from problem


def _set_up_sqlite(connection: Any, record: object) -> None:
    del record
    connection.isolation_level = None  # or the driver would begin transactions itself, and later
    connection.execute(_WAIT.format(_PATIENCE))


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql("BEGIN")
        return
    # SQLite asks less and less often whether it may write, and then every 100 ms. Behind a program that writes all the
    # time, it could wait for ever. So it begins to wait again every few milliseconds.
    until = time.monotonic() + _PATIENCE / 1000
    connection.exec_driver_sql(_WAIT.format(_MOMENTS))
    try:
        while not _began(connection, last=time.monotonic() > until):
            pass
    finally:
        connection.exec_driver_sql(_WAIT.format(_PATIENCE))


def _began(connection: Connection, *, last: bool) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError:
        if last:
            raise
        return False
    return True
