"""Identifies the grader that made a result: the hash of its code, and the versions of its packages."""

from __future__ import annotations

import hashlib
import platform
from functools import cache

from autograder.places import PACKAGE
from autograder.version import PACKAGES, package_version


@cache
def grader_sha256() -> str:
    """Return the hash of this package's code and templates, by which a result names the grader that made it.

    The hash covers names and contents. Line ends count as in the repository, so that an installed package has the same
    hash.
    """
    paths = [*PACKAGE.rglob("*.py"), *PACKAGE.glob("*/templates/*.*")]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(PACKAGE).as_posix() for path in paths):
        content = (PACKAGE / name).read_bytes().replace(b"\r\n", b"\n")
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


@cache
def graded_by() -> dict[str, str]:
    """Return the grader's hash and its packages' versions: machines with equal ones grade equally."""
    versions = {name: version for name in PACKAGES if (version := package_version(name)) is not None}
    return {"grader": grader_sha256(), "python": platform.python_version(), **versions}
