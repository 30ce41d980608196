"""A PostgreSQL server of the tests' own, from Debian's package."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

MISSING = (
    "PostgreSQL's server programs are not installed, and the gradebook is tested on them: "
    "`make test-tools` as root, or `apt-get install postgresql` (Fedora: `dnf install postgresql-server`)."
)


def programs() -> Path:
    """Return the folder with initdb and pg_ctl; Debian keeps it off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if (initdb := shutil.which("initdb")) is not None:
        return Path(initdb).resolve().parent
    raise RuntimeError(MISSING)


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Start a server that listens on a socket in ``folder`` alone; give its SQLAlchemy address, and end it."""
    tools = programs()
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None  # the server refuses to run as root
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            command,
            cwd=folder,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            stdout=subprocess.DEVNULL,  # not a pipe: the server that pg_ctl leaves behind would hold it open
            stderr=subprocess.DEVNULL,
        )
        if done.returncode:
            log = folder / "log"
            raise RuntimeError(f"{command[0]} failed: {log.read_text() if log.exists() else done.returncode}")

    run(tools / "initdb", "--pgdata", data, "--username", "grader", "--auth", "trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    run(tools / "pg_ctl", "--pgdata", data, "--log", folder / "log", "--options", options, "--wait", "start")
    try:
        yield f"postgresql+psycopg://grader@/postgres?host={folder}"
    finally:
        run(tools / "pg_ctl", "--pgdata", data, "--mode", "immediate", "--wait", "stop")
