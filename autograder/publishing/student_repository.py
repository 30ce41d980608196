"""Exports the students' repository from the instructors': the files that students get, without answers.

`make student-repo DEST=…` runs it. The export is a git repository with its own history. Running it again updates the
export with one more commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.utils import compute_checksum

from autograder.assignment.questions import NAME
from autograder.assignment.release import UNTOUCHED_COPY
from autograder.errors import UserError
from autograder.git import GitFailed, Repository
from autograder.notebook import UnreadableNotebook
from autograder.places import GRADER, MARKING, TEMPLATES
from autograder.publishing.leak_check import answer_lines, answers_in
from autograder.publishing.tracked_files import PROJECT, is_or_is_in, tracked

#: Files and folders that are exported unchanged. Not exported: solutions/, most of tests/ (its sample submissions hold
#: answers), what marks the written answers, and files that only a course needs.
EXPORTED = (
    *GRADER,
    ".devcontainer",
    ".editorconfig",
    ".gitattributes",
    ".github/CODEOWNERS",
    ".github/actions/grade",
    ".github/workflows/grade.yml",
    ".github/workflows/prepare.yml",
    "CHANGELOG.md",
    "LICENSE",
    "SECURITY.md",
    "docs/calibration.md",
    "docs/gap.png",
    "docs/power.png",
    "requirements/student.lock",
    "setup.mk",
    "tests/specification/attacks/README.md",
)
#: Files for the students' repository in place of the instructors' own.
_STUDENTS_OWN = "autograder/publishing/templates/student_repository"
_RENAMED = {"gitignore": ".gitignore"}
#: Only the first export writes this file. Later, the course edits it.
_OWNERS, _NOBODY = ".github/CODEOWNERS", "@ORG/instructors"
#: The release holds the address from which Colab fetches the course. `_NOWHERE` stands there until a course sets one.
_RELEASE = f"assignment/{NAME}/{NAME}.ipynb"
#: Students answer in the release itself. Their grader reads grade ids, texts and points from this copy.
_UNTOUCHED_COPY = UNTOUCHED_COPY.relative_to(PROJECT).as_posix()
_COURSE = re.compile(rb'(?<="COURSE = \\")[^"\\]*(?=\\")')
_NOWHERE = "https://github.com/ORG/REPO"
#: Line in the message of every export's commit, by which the next export recognizes it.
_TRAILER = "Exported-from:"


class CannotExport(UserError):
    """The students' repository cannot be written; the message says why."""


@dataclass(frozen=True)
class Exported:
    """Outcome of an export: the number of files, the commit, and whether any file changed."""

    files: int
    commit: str
    changed: bool


def export(destination: Path, course: str = "", owners: str = "", *, project: Path = PROJECT) -> Exported:
    """Write the students' repository to ``destination``, and commit it there.

    Parameters
    ----------
    destination : Path
        A folder that does not exist, is empty, or holds an earlier export without uncommitted changes.
    course : str
        Address from which students clone. On Colab, the notebook fetches the course from it. If empty, the address of
        an earlier export is kept.
    owners : str
        Owners that CODEOWNERS names, such as ``@org/team``. If empty, CODEOWNERS is kept.
    project : Path
        The instructors' repository. Its tracked files are exported with their current content.

    Raises
    ------
    CannotExport
        ``destination`` is something else, the course has no address yet, or a file to export contains a line of a
        model answer.
    """
    files = _files(project)
    files[_RELEASE] = _with_address(
        files[_RELEASE], course or _address_in(files[_RELEASE]) or _address_in(_content(destination / _RELEASE))
    )
    files[_UNTOUCHED_COPY] = files[_RELEASE]
    _refuse_answers(project, files)
    repository = _open(destination)
    before = _exported_before(repository)
    gone = before - set(files)
    for path in gone:
        (destination / path).unlink(missing_ok=True)
    written = [path for path in files if not (path == _OWNERS and path in before)]
    for path in written:
        (destination / path).parent.mkdir(parents=True, exist_ok=True)
        (destination / path).write_bytes(files[path])
    written += _own(destination, owners, project)
    # A person's own git settings must neither ignore nor convert a file.
    repository.run("-c", "core.autocrlf=false", "add", "--force", "--", *written)
    if gone:
        repository.run("rm", "--quiet", "--cached", "--ignore-unmatch", "--", *sorted(gone))
    if not repository.run("status", "--porcelain"):
        return Exported(len(files), repository.commit("HEAD").sha, changed=False)
    origin = Repository(project).commit("HEAD").sha
    subject = "Bring the assignment up to date" if before else "Weight Initialization Techniques"
    repository.run("commit", "--quiet", "-m", f"{subject}\n\n{_TRAILER} {origin}")
    return Exported(len(files), repository.commit("HEAD").sha, changed=True)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _address_in(release: bytes) -> str:
    """Return the course's address in a release; empty if it has none."""
    found = _COURSE.search(release)
    address = found.group().decode() if found else ""
    return "" if address == _NOWHERE else address


def _with_address(release: bytes, address: str) -> bytes:
    """Return the release with the course's address in it, which a notebook on Colab needs to fetch the course."""
    if not address or address == _NOWHERE:
        raise CannotExport(
            "the course has no address yet, and on Colab the notebook fetches the course from it: run "
            "make student-repo DEST=… COURSE=https://github.com/your-org/your-repository"
        )
    if not re.fullmatch(r"(https://|file:///)[^\s\"'\\]+", address):
        raise CannotExport(f"{address!r} is not an address that Colab can clone; write one that begins with https://")
    filled, places = _COURSE.subn(address.encode(), release)
    if places != 1:
        raise CannotExport(f'{_RELEASE} has {places} lines COURSE = "…", and should have one, in its set-up cell')
    return _with_checksum(release, filled)


def _with_checksum(before: bytes, after: bytes) -> bytes:
    """Return the changed release ``after`` with nbgrader's checksum of each cell brought up to date."""
    old, new = (
        {
            cell.metadata.nbgrader.grade_id: compute_checksum(cell)
            for cell in nbformat.reads(text.decode(), as_version=4).cells
            if "nbgrader" in cell.metadata
        }
        for text in (before, after)
    )
    for grade_id in old:
        after = after.replace(old[grade_id].encode(), new[grade_id].encode())
    return after


def _files(project: Path) -> dict[str, bytes]:
    """Return the files that students get, by their paths in the students' repository."""
    files = {path: (project / path).read_bytes() for path in tracked(project, EXPORTED, without=(*TEMPLATES, *MARKING))}
    for path in tracked(project, [_STUDENTS_OWN]):
        own = path.removeprefix(f"{_STUDENTS_OWN}/")
        files[_RENAMED.get(own, own)] = (project / path).read_bytes()
    return files


def _refuse_answers(project: Path, files: dict[str, bytes]) -> None:
    try:
        secret = answer_lines(project / "solutions" / NAME / f"{NAME}.ipynb")
    except UnreadableNotebook as problem:
        raise CannotExport(f"the source notebook {problem}") from None
    for path, content in files.items():
        if found := answers_in(content, secret):
            raise CannotExport(f"{path} contains a line of a model answer, which students would get: {found[0]!r}")


def _open(destination: Path) -> Repository:
    repository = Repository(destination)
    if not destination.exists() or (destination.is_dir() and not any(destination.iterdir())):
        # This fails before anything is written: a half-made repository would block the next attempt.
        Repository(Path.cwd()).run("var", "GIT_COMMITTER_IDENT")
        destination.mkdir(parents=True, exist_ok=True)
        repository.run("init", "--quiet", "--initial-branch=main")
        return repository
    if not (destination / ".git").exists():
        raise CannotExport(f"{destination} is neither empty nor an earlier export; name another folder")
    if repository.run("status", "--porcelain"):
        raise CannotExport(f"{destination} has uncommitted changes; commit or remove them first")
    if not _export_commits(repository):
        raise CannotExport(f"{destination} is a git repository but not an earlier export; name another folder")
    return repository


def _export_commits(repository: Repository) -> list[str]:
    try:
        return repository.run("log", "--format=%H", f"--grep=^{_TRAILER}").decode().split()
    except GitFailed:
        return []  # no commit yet


def _exported_before(repository: Repository) -> set[str]:
    """Return the paths that earlier exports wrote. Files that a course added itself are not among them."""
    show = ("diff-tree", "--root", "-r", "-z", "--no-commit-id", "--name-only")
    listed = (repository.run(*show, commit).decode().split("\0") for commit in _export_commits(repository))
    return {path for paths in listed for path in paths if path}


def _own(destination: Path, owners: str, project: Path) -> list[str]:
    """Write ``owners`` into CODEOWNERS unless it is empty; return the files that were written."""
    written = []
    if owners:
        text = (project / _OWNERS).read_text(encoding="utf-8")
        (destination / _OWNERS).write_text(text.replace(_NOBODY, owners), encoding="utf-8")
        written.append(_OWNERS)
    return written


def advice(destination: Path, exported: Exported) -> Iterator[str]:
    """Yield the messages after an export: what was written, and what to do next."""
    what = "written" if exported.changed else "up to date already"
    yield f"{destination}: {exported.files} files {what}, commit {exported.commit[:12]}."
    if _NOBODY in (destination / _OWNERS).read_text(encoding="utf-8"):
        yield "CODEOWNERS names nobody yet: make student-repo DEST=… OWNERS=@your-org/your-team"
    yield "Publish it: git push, to the repository that students fork."


def require_committed(project: Path) -> None:
    """Raise `CannotExport` when a file to be exported differs from the commit that the export would name."""
    changed = Repository(project).run("status", "--porcelain", "-z", "--no-renames", "--untracked-files=no").decode()
    wanted = (*EXPORTED, _STUDENTS_OWN)
    for line in changed.split("\0"):
        path = line[3:]
        if any(is_or_is_in(path, each) for each in wanted):
            raise CannotExport(f"{path} has uncommitted changes; commit what students are to get")
