"""An untrusted file becomes a notebook, or one clear line about its problem."""

from __future__ import annotations

import json
import os
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.assignment.questions import TASKS
from autograder.assignment.release import BadRelease, Release, load_release
from autograder.notebook import (
    CODE_PLACEHOLDER,
    MAX_NOTEBOOK_BYTES,
    PLACEHOLDER,
    UnreadableNotebook,
    parse_notebook,
    read_notebook,
)
from autograder.submission.bindings import bindings
from autograder.submission.reader import Submission, read_submission
from tests.support.figures import DEFINING, MEASURING
from tests.support.samples import RELEASE, answered, cell, read, write


def submission_of(path: Path, release: Release | None = None) -> Submission:
    return read_submission(read_notebook(path), (release or load_release()).notebook)


RELEASED = json.loads(RELEASE.read_text(encoding="utf-8"))


def of(change: Callable[[dict], object]) -> bytes:
    document = json.loads(json.dumps(RELEASED))
    change(document)
    return json.dumps(document).encode()


def find(document: dict, grade_id: str) -> dict:
    return next(c for c in document["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


BAD_FILES = {
    "empty": (b"", "is empty"),
    "nothing_but_nuls": (b"\0" * 4096, "is empty"),
    "not_json": (b"print('hello')", "not JSON at line 1"),
    "truncated": (RELEASE.read_bytes()[:5000], "it may be cut off"),
    "json_but_a_list": (b"[1, 2]", "not a notebook"),
    "json_but_no_notebook": (b'{"a": 1}', "not a notebook"),
    "format_3_without_cells": (b'{"nbformat": 3, "worksheets": []}', "not of this assignment"),
    "format_3_with_strange_worksheets": (b'{"nbformat": 3, "worksheets": [1, {"cells": 2}]}', "not of this assignment"),
    "no_cells": (b'{"nbformat": 4}', "no list of cells"),
    "cells_are_no_objects": (b'{"nbformat": 4, "cells": [1]}', "not of this assignment"),
    "nested_a_million_deep": (b"[" * 1_000_000, "nested too deeply"),
    "absurd_number": (b'{"nbformat": ' + b"9" * 10_000 + b"}", "out of range"),
    "fifty_megabytes": (b'{"nbformat": 4, "x": "' + b"a" * 50_000_000 + b'"}', "MiB allowed"),
    "merge_conflict": (b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> main\n", "merge conflicts"),
    "another_assignment": (
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}',
        "not of this assignment",
    ),
    "too_many_cells": (of(lambda d: d["cells"].extend([{"cell_type": "raw"}] * 3000)), "more than the 2000 allowed"),
    "zip": (b"PK\x03\x04...", "a zip archive"),
    "gzip": (b"\x1f\x8b\x08...", "a gzip archive"),
    "pdf": (b"%PDF-1.7", "a PDF document"),
    "web_page": (b"<!doctype html><html>", "a web page"),
    "git_lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_gets_one_clear_line(name: str, tmp_path: Path) -> None:
    content, says = BAD_FILES[name]
    path = tmp_path / "submission.ipynb"
    path.write_bytes(content)
    with pytest.raises(UnreadableNotebook, match=says) as caught:
        submission_of(path)
    assert "\n" not in str(caught.value)


def test_unreadable_notebooks_leave_no_memory_behind(tmp_path: Path) -> None:
    raw = RELEASE.read_bytes()
    hostile = [b"[" * 1_000_000, b'{"nbformat": 4, "cells": [' + b"1," * 100_000 + b"1]}", raw[:-3], b"x" + raw]
    file = tmp_path / "n.ipynb"

    def read_all() -> None:
        for content in hostile:
            file.write_bytes(content)
            with pytest.raises(UnreadableNotebook):
                read_notebook(file)

    read_all()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            read_all()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    release = load_release()
    link, fifo, listening = tmp_path / "link.ipynb", tmp_path / "fifo.ipynb", tmp_path / "socket.ipynb"
    link.symlink_to(RELEASE)
    os.mkfifo(fifo)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listening))
        for path, says in [
            (tmp_path / "missing.ipynb", "does not exist"),
            (tmp_path, "is a folder"),
            (link, "symbolic link"),
            (fifo, "not a regular file"),
            (listening, "cannot be opened"),
        ]:
            with pytest.raises(UnreadableNotebook, match=says):
                submission_of(path, release)


def test_size_limit_is_on_the_file_not_on_memory(tmp_path: Path) -> None:
    path = tmp_path / "sparse.ipynb"
    with path.open("wb") as file:
        file.truncate(MAX_NOTEBOOK_BYTES * 1000)
    with pytest.raises(UnreadableNotebook, match="MiB allowed"):
        submission_of(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_notebook_is_read_in_every_encoding_of_unicode(encoding: str, tmp_path: Path) -> None:
    document = json.loads(RELEASE.read_text(encoding="utf-8"))
    find(document, "q1")["source"] = "Ein großes Netz, 深い"
    path = tmp_path / "submission.ipynb"
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode(encoding))
    notebook = read_notebook(path)
    assert notebook.cell("q1").source == "Ein großes Netz, 深い"
    assert notebook.damage == ()


DAMAGED = {
    "nothing_but_nuls_behind_the_end": (RELEASE.read_bytes() + b"\0\0 \n", []),
    "twice": (RELEASE.read_bytes() * 2, ["more text follows"]),
    "end_of_a_longer_version": (RELEASE.read_bytes() + b'\n ],\n "nbformat": 4\n}\n', ["more text follows"]),
    "windows_encoding": (RELEASE.read_bytes().replace(b"YOUR", b"\xdcBER", 1), ["some characters are lost"]),
    "cell_is_null": (of(lambda d: d["cells"].append(None)), ["the text of cell"]),
    "source_is_a_number": (of(lambda d: d["cells"].append({"cell_type": "code", "source": 3})), ["the text of cell"]),
    "line_is_null": (
        of(lambda d: d["cells"].append({"cell_type": "raw", "source": ["x", None]})),
        ["the text of cell"],
    ),
    "forty_cells": (of(lambda d: d["cells"].extend([None] * 40)), ["and more cannot be read"]),
    "source_is_null": (of(lambda d: d["cells"].append({"cell_type": "markdown", "source": None})), []),
    "cell_of_another_tool": (of(lambda d: d["cells"].append({"cell_type": "sql", "source": "select 1"})), []),
    "no_format": (of(lambda d: d.pop("nbformat")), []),
    "format_is_text": (of(lambda d: d.update(nbformat="4", metadata=None)), []),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_costs_no_more_than_itself_and_is_named(name: str, tmp_path: Path) -> None:
    content, damage = DAMAGED[name]
    path = tmp_path / "submission.ipynb"
    path.write_bytes(content)
    submission = submission_of(path)
    assert [cell.name for cell in submission.code] == ["setup", *(task.stub for task in TASKS)]
    found = read_notebook(path).damage
    assert len(found) == len(damage)
    assert all(words in sentence for words, sentence in zip(damage, found, strict=True))
    assert [remark.kind for remark in submission.remarks] == ["damaged"] * bool(damage)


def test_lines_of_a_source_are_joined_though_a_tool_dropped_their_ends() -> None:
    sources = (["a = 1\n", "b = 2"], ["a = 1", "b = 2"], "a = 1\nb = 2", "a = 1\r\nb = 2")
    cells = [{"cell_type": "code", "source": source} for source in sources]
    notebook = parse_notebook("n", json.dumps({"nbformat": 4, "cells": cells}).encode())
    assert [cell.source for cell in notebook.cells] == ["a = 1\nb = 2"] * 4


def test_check_cells_that_only_lost_the_courses_text_do_not_run_as_the_student_has_them(tmp_path: Path) -> None:
    notebook = answered({})
    for locked in ("q7_tf_initializer_check", "q7_torch_model_check"):
        cell(notebook, locked).source = "raise SystemExit('mine')"
    for each in notebook.cells:  # unlocking a cell in one's own copy unlocks nothing
        each.metadata.get("nbgrader", {})["locked"] = False
    submission = submission_of(write(notebook, tmp_path / "submission.ipynb"))
    assert "mine" not in "".join(c.source for c in submission.code)


def test_measuring_cells_take_no_time_of_grading_for_they_do_not_run(tmp_path: Path) -> None:
    notebook = answered(dict.fromkeys(MEASURING + DEFINING, "import time; time.sleep(3600)"))
    submission = submission_of(write(notebook, tmp_path / "submission.ipynb"))
    assert [c.name for c in submission.code] == ["setup", *(task.stub for task in TASKS)]


def test_names_that_only_locked_cells_define_are_known_with_their_cell(tmp_path: Path) -> None:
    cells = submission_of(write(answered({}), tmp_path / "submission.ipynb")).left_out
    left_out = {name: cell.name for cell in reversed(cells) if cell.kind == "code" for name in bindings(cell.source)}
    assert left_out["norms"] == "q1_see"
    assert left_out["train"] == "q5_network"
    assert {"np", "plt", "check", "tf_he_normal"}.isdisjoint(left_out)


def test_setup_runs_from_the_release_when_the_student_deleted_it(tmp_path: Path) -> None:
    notebook = answered({})
    notebook.cells.remove(cell(notebook, "setup"))
    submission = submission_of(write(notebook, tmp_path / "submission.ipynb"))
    assert submission.code[0].source == cell(read(RELEASE), "setup").source


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("Gradients shrink layer by layer.", "answered", 5),
        (PLACEHOLDER, "unchanged", 0),
        (f"  {PLACEHOLDER}\n", "unchanged", 0),
        ("", "empty", 0),
        (" \n\t", "empty", 0),
        (f"**{PLACEHOLDER}**", "unchanged", 0),
        ("<!-- Gradients shrink layer by layer. -->", "empty", 0),
        ("[//]: # (Gradients shrink layer by layer.)", "empty", 0),
        ("Gradients <!-- do they? --> shrink.", "answered", 2),
        ("層ごとに小さくなる。", "answered", 5),
        ("深い networks 学ぶ", "answered", 3),
        ("![a plot](data:image/png;base64,AAAA) Gradients shrink.", "answered", 2),
        (None, "missing", 0),
    ],
)
def test_written_answer_has_a_status(source: str | None, status: str, words: int, tmp_path: Path) -> None:
    notebook = answered({} if source is None else {"q1": source})
    if source is None:
        notebook.cells.remove(cell(notebook, "q1"))
    submission = submission_of(write(notebook, tmp_path / "submission.ipynb"))
    assert (submission.written[0].status, submission.written[0].words) == (status, words)


@pytest.mark.parametrize("grade_id", ["q3_open", "q3_seen", "q3_seen_dead", "q3_prompt"])
def test_answer_made_of_the_words_around_its_question_is_remarked_as_copied(grade_id: str, tmp_path: Path) -> None:
    notebook = answered({"q3": cell(read(RELEASE), grade_id).source})
    submission = submission_of(write(notebook, tmp_path / "submission.ipynb"))
    assert submission.written[2].remark == "copied"


@pytest.mark.parametrize(
    ("source", "remark"),
    [
        ("![](data:image/png;base64," + "A" * 4000 + ")", "only a picture"),
        ('<img src="attachment:plot.png">\n\n![](attachment:plot.png)', "only a picture"),
        ("![](plot.png)\n\nSee the plot.", "short"),
    ],
)
def test_pictures_are_no_words(source: str, remark: str | None, tmp_path: Path) -> None:
    submission = submission_of(write(answered({"q1": source}), tmp_path / "submission.ipynb"))
    assert submission.written[0].remark == remark


def test_answers_written_into_the_release_itself_count_as_answered(tmp_path: Path) -> None:
    path = write(answered({"q1": "My answer."}), tmp_path / "weight_initialization.ipynb")
    submission = submission_of(path, load_release(path))
    assert [a.status for a in submission.written] == ["answered"] + ["unchanged"] * 5


def test_stub_written_in_the_release_itself_is_no_longer_untouched(tmp_path: Path) -> None:
    source = "def tf_he_normal(shape):\n    kernel = 1\n    raise NotImplementedError()"
    path = write(answered({"q7_tf_initializer": source}), tmp_path / "weight_initialization.ipynb")
    assert submission_of(path, load_release(path)).untouched == {
        "q7_tf_model",
        "q7_torch_initializer",
        "q7_torch_model",
    }


def test_placeholders_are_those_that_nbgrader_writes() -> None:
    release = read(RELEASE)
    assert cell(release, "q1").source == PLACEHOLDER
    for stub in ("q7_tf_initializer", "q7_tf_model", "q7_torch_initializer", "q7_torch_model"):
        assert CODE_PLACEHOLDER in cell(release, stub).source


def test_points_come_from_the_releases_metadata(tmp_path: Path) -> None:
    notebook = read(RELEASE)
    cell(notebook, "q7_tf_model_check").metadata.nbgrader.points = 80
    assert load_release(write(notebook, tmp_path / "r.ipynb")).points["q7_tf_model_check"] == 80.0


@pytest.mark.parametrize("points", [None, "8", -1, float("nan"), True])
def test_release_without_sensible_points_is_refused(points: object, tmp_path: Path) -> None:
    notebook = json.loads(RELEASE.read_text(encoding="utf-8"))
    find(notebook, "q7_tf_model_check")["metadata"]["nbgrader"]["points"] = points
    path = tmp_path / "r.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(BadRelease, match="q7_tf_model_check"):
        load_release(path)
