"""What the pages promise exists: links lead somewhere, commands are there."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.missing import Missing
from tests.samples import ROOT
from tests.tools import clone


def pages() -> list[str]:
    """Return this project's pages: those that git tracks, or, where this is no clone, those in no folder made here."""
    try:
        clone()
    except Missing:
        found = [path.relative_to(ROOT) for path in ROOT.rglob("*.md")]
        return [str(p) for p in found if not p.parts[0].startswith((".", "build")) or p.parts[0] == ".github"]
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


PAGES = sorted(page for page in pages() if not page.startswith("tests/submissions/"))
STUDENTS = "autograder/publishing/templates/student_repository"
MAKEFILES = {
    f"{STUDENTS}/README.md": f"{STUDENTS}/Makefile",
    "assignment/README.md": f"{STUDENTS}/Makefile",
}


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
    makefiles = (MAKEFILES.get(page, "Makefile"), "setup.mk")
    makefile = "\n".join((ROOT / each).read_text(encoding="utf-8") for each in makefiles)
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for block in re.findall(r"`([^`\n]*)`|^((?:make|    make) .*)$", (ROOT / page).read_text("utf-8"), re.MULTILINE):
        command = next(filter(None, block), "").strip()
        if command.startswith("make "):
            words = [word for word in command.split("#")[0].split()[1:] if re.fullmatch(r"[a-z-]+", word)]
            assert set(words) <= targets, f"{page}: {command}"
