"""What a result was made with: the grader's own hash, and the versions of the packages that it uses."""

from __future__ import annotations

import hashlib
import platform
from functools import cache

from autograder.places import PACKAGE
from autograder.version import PACKAGES, package_version


@cache
def grader_sha256() -> str:
    """Hash this package's files, names and contents, so that a result names the grader that made it.

    Its code and its templates, with line ends as the repository has them: an installed package gives the same hash.
    """
    paths = [*PACKAGE.rglob("*.py"), *PACKAGE.glob("*/templates/*.*")]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(PACKAGE).as_posix() for path in paths):
        content = (PACKAGE / name).read_bytes().replace(b"\r\n", b"\n")
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


@cache
def graded_by() -> dict[str, str]:
    """Return the grader's hash and its packages' versions: two machines where they differ may grade differently."""
    versions = {name: version for name in PACKAGES if (version := package_version(name)) is not None}
    return {"grader": grader_sha256(), "python": platform.python_version(), **versions}
