"""The students' repository, exported from the instructors': everything but the answers.

`make student-repo DEST=…` runs this. It writes the files that students get into a git repository with a history of its
own, and commits them; run again, it brings the repository up to date with one commit more.
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
from autograder.places import GRADER, TEMPLATES
from autograder.publishing.leak_check import answer_lines, answers_in
from autograder.publishing.tracked_files import PROJECT, is_or_is_in, tracked

#: Files and folders that go along as they are. Left out on purpose: solutions/, tests/ (their sample submissions
#: hold answers; what was tried against the sandbox is no secret), and what only a course needs.
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
#: What students' repositories have in place of the instructors' own.
_STUDENTS_OWN = "autograder/publishing/templates/student_repository"
_RENAMED = {"gitignore": ".gitignore"}
#: Written at the first export, and then the course's own.
_OWNERS, _NOBODY = ".github/CODEOWNERS", "@ORG/instructors"
#: Where the release says from where Colab fetches the course, and what stands there before anybody has said it.
_RELEASE = f"assignment/{NAME}/{NAME}.ipynb"
#: Students answer in the release itself; the grader there reads grade ids, texts and points from this copy.
_UNTOUCHED_COPY = UNTOUCHED_COPY.relative_to(PROJECT).as_posix()
_COURSE = re.compile(rb'(?<="COURSE = \\")[^"\\]*(?=\\")')
_NOWHERE = "https://github.com/ORG/REPO"
#: In the message of every commit made here, by which the next export knows them.
_TRAILER = "Exported-from:"


class CannotExport(UserError):
    """The students' repository cannot be written; the message says why."""


@dataclass(frozen=True)
class Exported:
    """What was written: the number of files, the commit, and whether anything had changed."""

    files: int
    commit: str
    changed: bool


def export(destination: Path, course: str = "", owners: str = "", *, project: Path = PROJECT) -> Exported:
    """Write the students' repository to ``destination``, and commit it there.

    Parameters
    ----------
    destination : Path
        A folder that does not exist, is empty, or holds an earlier export, with nothing uncommitted in it.
    course : str
        The address that students' copies are cloned from: on Colab, the notebook fetches the course from there. As an
        earlier export has it when empty.
    owners : str
        Whom CODEOWNERS names, such as ``@org/team``; as they are there when empty.
    project : Path
        The instructors' repository. Its tracked files are exported as they stand there.

    Raises
    ------
    CannotExport
        When ``destination`` is something else, nobody has said where students find the course, or a file to be
        exported has a line of a model answer in it.
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
    # Whatever a person's own settings would ignore or convert.
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
    """Return the course's address in a release; empty if the release has none yet."""
    found = _COURSE.search(release)
    address = found.group().decode() if found else ""
    return "" if address == _NOWHERE else address


def _with_address(release: bytes, address: str) -> bytes:
    """Return the release with the course's address in it: a notebook that Colab runs has no other way to the course."""
    if not address or address == _NOWHERE:
        raise CannotExport(
            "nobody has said where students find the course, and on Colab the notebook fetches it from there: "
            "make student-repo DEST=… COURSE=https://github.com/your-org/your-repository"
        )
    if not re.fullmatch(r"(https://|file:///)[^\s\"'\\]+", address):
        raise CannotExport(f"{address!r} is no address that Colab can clone; it begins with https://")
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
    """Return what students get, by its path in their repository."""
    files = {path: (project / path).read_bytes() for path in tracked(project, EXPORTED, without=TEMPLATES)}
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
            raise CannotExport(f"{path} has a line of a model answer in it, and students would get it: {found[0]!r}")


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
        raise CannotExport(f"{destination} has changes that are not committed; commit or remove them first")
    if not _export_commits(repository):
        raise CannotExport(f"{destination} is a git repository, and no earlier export; name another folder")
    return repository


def _export_commits(repository: Repository) -> list[str]:
    try:
        return repository.run("log", "--format=%H", f"--grep=^{_TRAILER}").decode().split()
    except GitFailed:
        return []  # no commit yet


def _exported_before(repository: Repository) -> set[str]:
    """Return the paths that earlier exports wrote: what a course added itself is left alone."""
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
            raise CannotExport(f"{path} has changes that are not committed; commit what students are to get")
