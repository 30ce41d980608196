"""Any bytes in an .ipynb give a submission or `UnreadableNotebook` with a one-line message, and leak no memory."""

from __future__ import annotations

import copy
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.assignment.release import Release, load_release
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.submission.reader import Submission, read_submission
from tests.support.samples import RELEASE

DOCUMENT = json.loads(RELEASE.read_text(encoding="utf-8"))
BYTES = RELEASE.read_bytes()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FUZZ = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def places(node: Any, path: tuple = ()) -> list[tuple]:
    """Every place in a JSON document."""
    found = [path]
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            found += places(value, (*path, key))
    return found


PLACES = places(DOCUMENT)


def changed(path: tuple, change: str, value: Any) -> Any:
    """The release with one place of it set, removed or doubled."""
    document = copy.deepcopy(DOCUMENT)
    if not path:
        return value
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    if change == "remove":
        del parent[path[-1]]
    elif change == "double" and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[path[-1]]))
    else:
        parent[path[-1]] = value
    return document


def read(release: Release, path: Path, content: bytes) -> Submission | None:
    path.write_bytes(content)
    try:
        submission = read_submission(read_notebook(path), release.notebook)
    except UnreadableNotebook as problem:
        said = str(problem)
        assert 0 < len(said) < 2000, said
        assert "\n" not in said
        return None
    for cell in submission.code:
        cell.source.encode()
    return submission


@pytest.fixture(scope="module")
def release() -> Release:
    return load_release()


@FUZZ
@given(place=st.sampled_from(PLACES), change=st.sampled_from(["set", "remove", "double"]), value=JSON)
def test_notebook_changed_in_one_place(place: tuple, change: str, value: Any, release: Release, tmp_path: Path) -> None:
    read(release, tmp_path / "n.ipynb", json.dumps(changed(place, change, value)).encode())


@FUZZ
@given(
    edits=st.lists(st.tuples(st.integers(0, len(BYTES)), st.binary(max_size=6)), max_size=5),
    cut=st.integers(0, len(BYTES)),
)
def test_notebook_with_damaged_bytes(edits: list, cut: int, release: Release, tmp_path: Path) -> None:
    content = bytearray(BYTES)
    for position, replacement in edits:
        content[position : position + len(replacement)] = replacement
    read(release, tmp_path / "n.ipynb", bytes(content[: cut or None]))


@FUZZ
@given(content=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(content: bytes, release: Release, tmp_path: Path) -> None:
    assert read(release, tmp_path / "n.ipynb", content) is None


def test_unreadable_notebooks_leave_no_memory_behind(release: Release, tmp_path: Path) -> None:
    hostile = [b"[" * 1_000_000, b'{"nbformat": 4, "cells": [' + b"1," * 100_000 + b"1]}", BYTES[:-3], b"x" + BYTES]

    def read_all() -> None:
        for content in hostile:
            assert read(release, tmp_path / "n.ipynb", content) is None

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
