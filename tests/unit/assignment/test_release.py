"""The release is what nbgrader makes of the source, and reveals no answer."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.assignment import release
from autograder.assignment.questions import TASKS, WRITTEN
from autograder.assignment.release import load_release, release_path
from autograder.notebook import PLACEHOLDER, read_notebook
from autograder.publishing.release_drift import drift
from autograder.submission.reader import read_submission
from tests.support.figures import DEFINING, MEASURING
from tests.support.notebook_cases import READABLE
from tests.support.samples import RELEASE, ROOT, SOLUTION, cell, read, write

POINTS = {**dict.fromkeys(WRITTEN, 10)} | {
    "q7_tf_initializer_check": 12,
    "q7_tf_model_check": 8,
    "q7_torch_initializer_check": 12,
    "q7_torch_model_check": 8,
}


@pytest.mark.slow
def test_release_is_what_make_release_gives() -> None:
    assert drift(ROOT) == [], "solutions/ and assignment/ have drifted apart: run `make release` and commit"


def release_drift(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", "course", "release-drift"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_drift_is_told_and_students_have_none(tmp_path: Path) -> None:
    none = release_drift(tmp_path)
    assert none.returncode == 0
    assert "students' repository" in none.stdout
    for part in ("solutions", "assignment"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in ("nbgrader_config.py", "course.toml"):
        shutil.copy(ROOT / part, tmp_path)
    changed = read(tmp_path / SOLUTION.relative_to(ROOT))
    cell(changed, "q2_prompt").source = "## Another prompt"
    write(changed, tmp_path / SOLUTION.relative_to(ROOT))
    drifted = release_drift(tmp_path)
    assert drifted.returncode == 1
    assert "run `make release` and commit both" in drifted.stderr
    assert "Another prompt" in drifted.stdout


@pytest.mark.parametrize("path", [SOLUTION, RELEASE], ids=["source", "release"])
def test_notebook_is_valid_and_has_ids_kinds_and_points_of_the_contract(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.language == "python"
    ids = [c.metadata.nbgrader.grade_id for c in notebook.cells]
    assert len(ids) == len(set(ids))
    assert {
        c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points for c in notebook.cells if c.metadata.nbgrader.grade
    } == POINTS
    for grade_id in WRITTEN:
        answer = cell(notebook, grade_id)
        flags = answer.metadata.nbgrader
        assert (answer.cell_type, flags.grade, flags.solution, flags.locked) == ("markdown", True, True, False)
    for task in TASKS:
        stub, check = cell(notebook, task.stub), cell(notebook, task.check)
        flags = stub.metadata.nbgrader
        assert (stub.cell_type, flags.grade, flags.solution, flags.locked) == ("code", False, True, False)
        flags = check.metadata.nbgrader
        assert (check.cell_type, flags.grade, flags.solution, flags.locked) == ("code", True, False, True)
        assert check.source == f'check("{task.stub}", {task.function})'


def test_release_holds_no_solution_mark_scheme_or_output() -> None:
    source, release = read(SOLUTION), read(RELEASE)
    text = RELEASE.read_text(encoding="utf-8")
    for marker in ("BEGIN SOLUTION", "END SOLUTION", "MARK SCHEME", "HIDDEN TESTS"):
        assert marker not in text
    for each in release.cells:
        assert each.get("outputs", []) == []
        assert each.get("execution_count") is None
    released = "\n".join(c.source for c in release.cells)
    for grade_id in WRITTEN:
        assert cell(release, grade_id).source == PLACEHOLDER
        for line in cell(source, grade_id).source.splitlines():
            assert len(line) < 20 or line.strip() not in released, line
    for task in TASKS:
        for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell(source, task.stub).source, re.S):
            for line in region.splitlines():
                assert len(line.strip()) < 20 or line.strip() not in released, line


def is_measuring(cell: NotebookNode) -> bool:
    return cell.metadata.nbgrader.grade_id in MEASURING


@pytest.mark.parametrize("grade_id", WRITTEN)
def test_every_written_question_opens_with_something_to_see(grade_id: str) -> None:
    release = read(RELEASE)
    around = [c for c in release.cells if c.metadata.nbgrader.grade_id.startswith(f"{grade_id}_")]
    assert around[0].source.startswith(f"## {grade_id.upper()} · ")
    assert next(c.metadata.nbgrader.grade_id for c in around if is_measuring(c)) == f"{grade_id}_see"
    assert around[-1].metadata.nbgrader.grade_id == f"{grade_id}_prompt"
    assert "Expected length: " in around[-1].source
    for measuring, told in itertools.pairwise(around[1:-1]):
        if is_measuring(measuring):
            # matplotlib's pictures carry no alternative text in a notebook: the cell that follows is theirs.
            assert told.source.startswith("*What the figure shows:* ")
    for each in around:
        flags = each.metadata.nbgrader
        assert (flags.grade, flags.solution, flags.locked) == (False, False, True)


def test_measuring_cells_are_short_need_nothing_from_outside_and_name_no_initializer() -> None:
    release = read(RELEASE)
    assert len(MEASURING) >= len(WRITTEN)
    for grade_id in MEASURING + DEFINING:
        source = cell(release, grade_id).source
        # A measuring cell has a line that says what it measures, and at most 20 more.
        assert len(source.splitlines()) <= (21 if grade_id in MEASURING else 35)
        assert max(map(len, source.splitlines())) <= 120
        assert not re.search(r"^\s*(import|from)\b|open\(|http", source, re.M)
        # Q7 asks for it: above it, not even the libraries' names are given away.
        below = grade_id.startswith("yours_")
        assert below or not re.search(
            r"kaiming|xavier|he_?normal|he_?uniform|glorot_|variance_?scaling|init\.", source, re.I
        )


def test_model_answers_cite_their_papers() -> None:
    source = read(SOLUTION)
    for grade_id in WRITTEN:
        answer = cell(source, grade_id).source
        assert "*References:*" in answer
        assert answer.count("$") % 2 == 0
        assert len(answer.split()) >= 200


def test_mark_schemes_add_up_to_the_points_and_name_false_statements_with_their_cost() -> None:
    for grade_id in WRITTEN:
        _, scheme = mark_scheme(grade_id)
        worth = [int(points) for points in re.findall(r"^\| (\d+) \| .+ \|$", scheme, re.M)]
        assert sum(worth) == POINTS[grade_id], grade_id
        assert len(worth) >= 5
        assert len(re.findall(r"^\| .+ \| −\d \|$", scheme, re.M)) >= 4


def mark_scheme(grade_id: str) -> tuple[str, str]:
    """Return a prompt without its mark scheme, and the mark scheme."""
    before, scheme, after = re.split(
        r"### BEGIN MARK SCHEME\n|### END MARK SCHEME", cell(read(SOLUTION), f"{grade_id}_prompt").source
    )
    return before + after, scheme


@pytest.mark.parametrize("grade_id", WRITTEN)
def test_every_item_of_a_prompt_has_its_row_in_the_mark_scheme_and_the_same_points(grade_id: str) -> None:
    prompt, scheme = mark_scheme(grade_id)
    rows = re.findall(r"^\| (\d) \| \*(Core|Depth)\.\* .+ \|$", scheme, re.M)
    assert len(rows) == len(re.findall(r"^\| \d+ \| .+ \|$", scheme, re.M))
    assert [(points, part.title()) for points, part in re.findall(r"^- .+ \((\d), (\w+)\)$", prompt, re.M)] == rows
    assert sum(int(points) for points, part in rows if part == "Core") == 6
    assert sum(int(points) for points, _ in rows) == POINTS[grade_id]
    assert "- cites a fitting source (1, core)\n" in prompt


@pytest.mark.parametrize("grade_id", WRITTEN)
def test_points_in_brackets_in_a_mark_scheme_add_up(grade_id: str) -> None:
    _, scheme = mark_scheme(grade_id)
    worth = {"½": 0.5, "½ each": 1.0}
    for points, text in re.findall(r"^\| (\d+) \| (.+) \|$", scheme, re.M):
        parts = re.findall(r"\((\d|½|½ each)[);]", text)
        assert not parts or sum(worth.get(p, 0) or int(p) for p in parts) == int(points), text
    answers = re.findall(r"^\*An answer of (\d) points:\* (the one of 6 points, and: )?\".+\" – (.+)$", scheme, re.M)
    assert [points for points, _, _ in answers] == ["3", "6", "9"]
    for points, more, graded in answers:
        parts = re.findall(r"[(+] ?([−]?\d|½)(?= \+|\))", graded)
        found = sum(worth.get(p, 0) or int(p.replace("−", "-")) for p in parts)
        assert found + 6 * bool(more) == int(points), graded


@pytest.mark.parametrize("case", [case.path for case in READABLE], ids=lambda path: path.stem)
def test_who_answers_in_the_release_itself_is_read_as_from_anywhere_else(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = load_release()
    elsewhere = read_submission(read_notebook(case), given.notebook)
    in_place, copy = tmp_path / "weight_initialization.ipynb", tmp_path / "released.ipynb"
    shutil.copyfile(case, in_place)
    shutil.copyfile(release_path(), copy)
    monkeypatch.setattr(release, "DEFAULT_PATH", in_place)
    monkeypatch.setattr(release, "UNTOUCHED_COPY", copy)
    assert load_release().points == given.points
    read = read_submission(read_notebook(in_place), load_release().notebook)
    assert replace(read, path="") == replace(elsewhere, path="")


def test_prompt_of_q7_tells_what_every_criterion_is_worth() -> None:
    rows = re.findall(r"^\| (\w+) \| ([\d.–]+) \|(?: ([\d.–]+) \|)?", cell(read(RELEASE), "q7_prompt").source, re.M)
    said = {name: points for name, *points in rows}
    for place, asked in zip((0, 0, 1, 0), TASKS, strict=True):
        whole = sum(asked.weights.values())
        worth = {name: POINTS[asked.check] * weight / whole for name, weight in asked.weights.items()}
        assert {name: float(said[name][place]) for name in asked.weights} == worth
