"""Requests for another look are read from tables, JSON and issues; what is none of these is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from autograder.cli.mark.request_files import COLUMNS, read_requests
from autograder.nbgrader_bridge.desk.model import DeskProblem
from autograder.nbgrader_bridge.desk.regrade_requests import LABELS, Asked
from tests.support.samples import ROOT

FORM = ROOT / "autograder/publishing/templates/student_repository/.github/ISSUE_TEMPLATE/regrade.yml"
VALUES = ("alice", "q1", "q1.1a", "I named it.\n\n### Not a label\n\nSecond sentence.")
ISSUE = "\r\n\r\n".join(f"### {label}\r\n\r\n{value}" for label, value in zip(LABELS, VALUES, strict=True))


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("requests.csv", 'Student,question,item,reason\n\nalice,q1,q1.1a,"{3}"\n', "line 3"),
        ("requests.json", json.dumps([dict(zip(COLUMNS, VALUES, strict=True))]), "entry 1"),
        ("issues.json", json.dumps([{"body": ISSUE}]), "entry 1"),
        ("issue.md", ISSUE, "the issue"),
    ],
)
def test_a_request_is_the_same_in_every_kind_of_file(tmp_path: Path, name: str, text: str, place: str) -> None:
    assert read_requests(written(tmp_path, name, text.replace("{3}", VALUES[3]))) == [Asked(place, *VALUES)]


def test_what_the_author_of_an_issue_left_empty_is_empty(tmp_path: Path) -> None:
    text = ISSUE.replace(VALUES[2], "_No response_").partition(f"### {LABELS[3]}")[0]
    assert read_requests(written(tmp_path, "issue.md", text)) == [Asked("the issue", "alice", "q1", "", "")]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "requests.json",
            "{}",
            r"\(\.csv\) .* student,question,item,reason, JSON \(\.json\) .* must have a list of objects",
        ),
        ("requests.json", '[{"student": "alice", "points": 3}]', "unknown field `points`"),
        ("requests.json", "[" * 5000, "must have a list"),
        ("requests.csv", "name,reason\n", "must begin with the line student,question,item,reason, JSON"),
        ("requests.txt", "Please look at my mark of Q1 again.", "must begin with the line .*, JSON"),
        ("issue.md", "x" * 10_000_001, "more than 10 MB"),
    ],
    ids=["object", "key", "deep", "head", "words", "long"],
)
def test_another_form_is_refused_in_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(DeskProblem, match=said) as refused:
        read_requests(written(tmp_path, name, text))
    assert "\n" not in str(refused.value)


def test_the_students_form_asks_for_what_is_read() -> None:
    form = yaml.safe_load(FORM.read_text(encoding="utf-8"))
    fields = {each["id"]: each for each in form["body"] if "id" in each}
    assert tuple(fields) == COLUMNS
    assert tuple(each["attributes"]["label"] for each in fields.values()) == LABELS
