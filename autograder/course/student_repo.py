"""The students' repository, exported from the instructors': everything but the answers.

`make student-repo DEST=…` runs this. It writes the files that students get into a git repository with a history of its
own, and commits them; run again, it brings the repository up to date with one commit more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import NAME
from autograder.course.git import GitFailed, Repository
from autograder.notebook import Notebook, UnreadableNotebook, read_notebook

PROJECT = Path(__file__).resolve().parent.parent.parent
#: Files and folders that go along as they are. Left out on purpose: solutions/, tests/ (their sample submissions
#: hold answers; what was tried against the sandbox is no secret), and what only a course needs.
EXPORTED = (
    ".devcontainer",
    ".editorconfig",
    ".github/CODEOWNERS",
    ".github/ISSUE_TEMPLATE",
    ".github/actions/grade",
    ".github/dependabot.yml",
    ".github/pull_request_template.md",
    ".github/workflows/grade.yml",
    ".github/workflows/prepare.yml",
    "LICENSE",
    "SECURITY.md",
    "assignment",
    "autograder",
    "constraints.txt",
    "course.toml",
    "docs/calibration.md",
    "docs/gap.png",
    "docs/power.png",
    "pyproject.toml",
    "tests/attacks/README.md",
)
#: What students' repositories have in place of the instructors' own.
_STUDENTS_OWN = "student"
#: Written at the first export, and then the course's own.
_OWNERS, _NOBODY = ".github/CODEOWNERS", "@ORG/instructors"
_PIP = "pip.conf"
_RENAMED = {"gitignore": ".gitignore"}
#: In the message of every commit made here, by which the next export knows them.
_TRAILER = "Exported-from:"
#: A line of an answer that is shorter says nothing: `else:`, `return weight`, `import torch`.
_TELLING = 16
#: Nor does a line that any program with these frameworks has.
_COMMONPLACE = frozenset({"with torch.no_grad():"})


class CannotExport(RuntimeError):
    """The students' repository cannot be written; the message says why, for people."""


@dataclass(frozen=True)
class Exported:
    """What was written: the number of files, the commit, and whether anything had changed."""

    files: int
    commit: str
    changed: bool


def export(destination: Path, owners: str = "", torch_index: str = "") -> Exported:
    """Write the students' repository to ``destination``, and commit it there.

    Parameters
    ----------
    destination : Path
        A folder that does not exist, is empty, or holds an earlier export, with nothing uncommitted in it.
    owners : str
        Whom CODEOWNERS names, such as ``@org/team``; as they are there when empty.
    torch_index : str
        The address of PyTorch's CPU package index, for ``pip.conf``: GitHub passes no repository variables to
        pull requests from forks. As it is there when empty.

    Raises
    ------
    CannotExport
        When ``destination`` is something else, or a file to be exported has a line of a model answer in it.
    """
    files = dict(_files())
    refuse_answers(files)
    repository = _open(destination)
    before = _exported_before(repository)
    for path in before - set(files):
        (destination / path).unlink(missing_ok=True)
    for path, content in files.items():
        if path == _OWNERS and path in before:
            continue
        (destination / path).parent.mkdir(parents=True, exist_ok=True)
        (destination / path).write_bytes(content)
    _own(destination, owners, torch_index)
    repository.run("add", "--all")
    if not repository.run("status", "--porcelain"):
        return Exported(len(files), repository.commit("HEAD").sha, changed=False)
    origin = Repository(PROJECT).commit("HEAD").sha
    subject = "Bring the assignment up to date" if before else "Weight Initialization Techniques"
    repository.run("commit", "--quiet", "-m", f"{subject}\n\n{_TRAILER} {origin}")
    return Exported(len(files), repository.commit("HEAD").sha, changed=True)


def _files() -> Iterator[tuple[str, bytes]]:
    """Yield what students get, by its path in their repository: tracked files alone, as they stand here now."""
    listed = Repository(PROJECT).run("ls-files", "-z").decode().split("\0")
    for path in listed:
        if any(path == each or path.startswith(f"{each}/") for each in EXPORTED):
            yield path, (PROJECT / path).read_bytes()
        elif path.startswith(f"{_STUDENTS_OWN}/"):
            own = path.removeprefix(f"{_STUDENTS_OWN}/")
            yield _RENAMED.get(own, own), (PROJECT / path).read_bytes()


def answer_lines() -> frozenset[str]:
    """Return every telling line of the model answers, mark schemes and reference code, none of which students have."""
    source, release = (PROJECT / folder / NAME / f"{NAME}.ipynb" for folder in ("solutions", "assignment"))
    try:
        secret, given = (_lines(read_notebook(path)) for path in (source, release))
    except UnreadableNotebook as problem:
        raise CannotExport(f"the notebooks cannot be compared: {problem}") from None
    return frozenset(line for line in secret - given - _COMMONPLACE if len(line) >= _TELLING)


def _lines(notebook: Notebook) -> frozenset[str]:
    return frozenset(line.strip() for cell in notebook.cells for line in cell.source.splitlines())


def refuse_answers(files: dict[str, bytes]) -> None:
    """Raise `CannotExport` when a line of an answer is in one of the files."""
    secret = answer_lines()
    for path, content in files.items():
        text = content.decode("utf-8", errors="replace")
        # In a notebook's JSON, a line stands between quotes, and its own quotes are escaped.
        lines = {line.strip() for line in text.splitlines()}
        lines |= {line.strip('", ').removesuffix("\\n").replace('\\"', '"').strip() for line in lines}
        if found := sorted(lines & secret):
            raise CannotExport(f"{path} has a line of a model answer in it, and students would get it: {found[0]!r}")


def _open(destination: Path) -> Repository:
    repository = Repository(destination)
    if not destination.exists() or (destination.is_dir() and not any(destination.iterdir())):
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
    """Return the paths that the last export wrote: what a course added itself is left alone."""
    commits = _export_commits(repository)
    if not commits:
        return set()
    changed = (
        repository.run("diff-tree", "--root", "-r", "-z", "--no-commit-id", "--name-only", each) for each in commits
    )
    return {path for listed in changed for path in listed.decode().split("\0") if path} - {_PIP}


def _own(destination: Path, owners: str, torch_index: str) -> None:
    """Write what differs from course to course, where it is said."""
    if torch_index:
        (destination / _PIP).write_text(f"[global]\nextra-index-url = {torch_index}\n", encoding="utf-8")
    if owners:
        codeowners = destination / _OWNERS
        text = (PROJECT / _OWNERS).read_text(encoding="utf-8")
        codeowners.write_text(text.replace(_NOBODY, owners), encoding="utf-8")


def _advice(destination: Path, exported: Exported) -> Iterable[str]:
    what = "written" if exported.changed else "up to date already"
    yield f"{destination}: {exported.files} files {what}, commit {exported.commit[:12]}."
    if not (destination / _PIP).exists():
        yield (
            "There is no pip.conf: on Linux, pip must find PyTorch's CPU build, and GitHub passes no repository "
            "variables to pull requests from forks. Give the address of its index: make student-repo DEST=… TORCH_INDEX=https://…"
        )
    if _NOBODY in (destination / _OWNERS).read_text(encoding="utf-8"):
        yield "CODEOWNERS names nobody yet: make student-repo DEST=… OWNERS=@your-org/your-team"
    yield "Publish it: git push, to the repository that students fork."


def main(
    destination: Annotated[Path, typer.Argument(metavar="FOLDER")],
    owners: Annotated[str, typer.Option(help="Whom CODEOWNERS names: @org/team.")] = "",
    torch_index: Annotated[str, typer.Option(help="The address of PyTorch's CPU package index.")] = "",
) -> None:
    """Export what students fork, or bring it up to date."""
    try:
        exported = export(destination, owners, torch_index)
    except (CannotExport, GitFailed, OSError) as problem:
        typer.echo(f"student-repo: {problem}.", err=True)
        raise typer.Exit(2) from None
    for line in _advice(destination, exported):
        typer.echo(line)


if __name__ == "__main__":
    typer.run(main)
