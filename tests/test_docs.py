"""What the pages promise exists: links lead somewhere, commands are there."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.samples import ROOT

TRACKED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()
PAGES = [page for page in TRACKED if not page.startswith("tests/submissions/")]
MAKEFILES = {"student/README.md": "student/Makefile", "assignment/README.md": "student/Makefile"}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    # In the students' repository, what is in student/ here stands at the top.
    folder = ROOT if page.startswith("student/") else (ROOT / page).parent
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
