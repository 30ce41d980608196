"""Links in the documents lead to existing files and headings, and the named commands exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from autograder.version import __version__
from tests.support.hub import IDENTITY
from tests.support.missing import Missing
from tests.support.samples import ROOT
from tests.support.tools import clone


def pages() -> list[str]:
    """Return this project's pages: those that git tracks, or, where this is no clone, those in no folder made here."""
    try:
        clone()
    except Missing:
        found = [path.relative_to(ROOT) for path in ROOT.rglob("*.md")]
        return [str(p) for p in found if not p.parts[0].startswith((".", "build")) or p.parts[0] == ".github"]
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


PAGES = sorted(page for page in pages() if not page.startswith("tests/specification/submissions/"))
STUDENTS = "autograder/publishing/templates/student_repository"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    # In the students' repository, what is in this folder stands at the top.
    folder = ROOT if page.startswith(f"{STUDENTS}/") else (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (folder / target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", [page for page in PAGES if "make " in (ROOT / page).read_text(encoding="utf-8")])
def test_make_targets_exist(page: str) -> None:
    students = page == "assignment/README.md" or page.startswith(f"{STUDENTS}/")
    makefiles = (f"{STUDENTS}/Makefile" if students else "Makefile", "setup.mk")
    makefile = "\n".join((ROOT / each).read_text(encoding="utf-8") for each in makefiles)
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for block in re.findall(r"`([^`\n]*)`|^((?:make|    make) .*)$", (ROOT / page).read_text("utf-8"), re.MULTILINE):
        command = next(filter(None, block), "").strip()
        if command.startswith("make "):
            words = [word for word in command.split("#")[0].split()[1:] if re.fullmatch(r"[a-z-]+", word)]
            assert set(words) <= targets, f"{page}: {command}"


@pytest.mark.parametrize("form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda p: p.stem)
def test_issue_forms_have_what_github_requires(form: Path) -> None:
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert set(content) >= {"name", "description", "body"}
    for element in content["body"]:
        assert element["type"] in {"markdown", "input", "textarea", "dropdown", "checkboxes"}
        assert ("value" if element["type"] == "markdown" else "label") in element["attributes"]
    ids = [element["id"] for element in content["body"] if "id" in element]
    assert len(ids) == len(set(ids))


def test_every_word_and_phrase_of_the_list_is_found(tmp_path: Path) -> None:
    """codespell looks for single words of its own accord: a phrase must stand in its regex, too."""
    listed = dict(line.split("->") for line in (ROOT / "docs/words.txt").read_text(encoding="utf-8").splitlines())
    text = tmp_path / "text.md"
    text.write_text("".join(f"Look: {words.capitalize()}!\n" for words in listed), encoding="utf-8")
    codespell = str(Path(sys.executable).parent / "codespell")
    run = subprocess.run([codespell, str(text)], cwd=ROOT, capture_output=True, text=True)
    found = {words.lower() for words in re.findall(r":\d+: (.+) ==> ", run.stdout)}
    assert found == set(listed)


# --- versions -------------------------------------------------------------------------------------------


def sections(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^## \[(.+?)\](?: - (\S+))?$", text, re.MULTILINE)


def test_changelog_has_a_section_for_this_version_with_what_students_see() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (unreleased, _), (newest, day), *_ = sections(text)
    assert (unreleased, newest) == ("Unreleased", __version__)
    assert date.fromisoformat(day)
    _, _, rest = text.partition(f"## [{__version__}]")
    assert "### The handout" in rest.partition("\n## ")[0]


def test_changelog_groups_changes_as_keep_a_changelog_does() -> None:
    groups = re.findall(r"^### (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(groups) <= {"The handout", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.fixture
def project(need_git: None, tmp_path: Path) -> Path:
    """A repository with the files that `make version` reads, at version 1.2.3."""
    for file in ("Makefile", "setup.mk"):
        shutil.copy(ROOT / file, tmp_path)
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder/version.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.3] - 2027-01-31\n\n## [1.2.2] - 2027-01-30\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "All of it")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    run = subprocess.run(
        ["git", *arguments], cwd=folder, env=os.environ | IDENTITY, capture_output=True, text=True, check=True
    )
    return run.stdout


def make_version(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", "version", *arguments]
    return subprocess.run(command, cwd=project, env=os.environ | IDENTITY, capture_output=True, text=True)


def test_make_version_tags_what_is_committed(project: Path) -> None:
    assert make_version(project, "VERSION=1.2.3").returncode == 0
    assert git(project, "for-each-ref", "--format=%(refname:short) %(objecttype)", "refs/tags") == "v1.2.3 tag\n"


@pytest.mark.parametrize(
    ("arguments", "file", "text", "says"),
    [
        ([], None, "", "Name the version"),
        (["VERSION=1.2.3"], "CHANGELOG.md", "not committed", "not committed"),
        (["VERSION=1.2.2"], None, "", "autograder/version.py has another version"),
        (["VERSION=1.2.3"], "autograder/version.py", '__version__ = "1.2.4"\n', "has another version"),
        (["VERSION=1.2.3"], "CHANGELOG.md", "## [Unreleased]\n", "CHANGELOG.md has no section"),
    ],
    ids=["no version", "uncommitted changes", "an old version", "version.py differs", "no section"],
)
def test_make_version_tags_nothing_else(
    arguments: list[str], file: str | None, text: str, says: str, project: Path
) -> None:
    if file:
        (project / file).write_text(text)
        if says != "not committed":
            git(project, "commit", "-q", "-a", "-m", "Change it")
    run = make_version(project, *arguments)
    assert run.returncode != 0
    assert says in run.stdout
    assert git(project, "tag") == ""
