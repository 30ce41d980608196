"""Notebook files: the reader returns a submission with all that the student wrote, or refuses in one line."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import nbformat
from hypothesis import strategies as st

from autograder.assignment.questions import TASKS, WRITTEN
from autograder.assignment.release import load_release
from autograder.nbgrader_bridge.sanitize import ReleasedCell, sanitize
from autograder.notebook import UnreadableNotebook, parse_notebook
from autograder.submission.arrangement import Arrangement, arrange
from autograder.submission.reader import Submission, submission_in
from tests.fuzz.properties import Property
from tests.fuzz.values import CHOICE, TEXT, changed, changes, json_values, mostly, repeated, words
from tests.support.samples import RELEASE, SOLUTION

DOCUMENTS = {
    name: json.loads(path.read_text(encoding="utf-8")) for name, path in (("release", RELEASE), ("solution", SOLUTION))
}
GIVEN = load_release().notebook
IDS = [str(cell.grade_id) for cell in GIVEN.cells if cell.grade_id]
LOCKED = {cell.grade_id: cell.source for cell in GIVEN.cells if cell.metadata.get("locked")}
KEYS = st.sampled_from(
    words(
        "cells source input cell_type metadata nbgrader grade_id locked attachments outputs worksheets",
        "nbformat id image/png",
    )
)
ODD = json_values(KEYS) | st.sampled_from([*IDS, "code", "markdown", "raw", "heading", [], {}])

# --- what students and their tools do to a notebook ----------------------------------------------------------------

#: A change of a document: the kind, the number that chooses a cell, and what the kind needs.
Change = tuple[str, int, Any]
#: Changes after which every text is still there. ``{}`` stands for a word that occurs nowhere else.
_TEXTS = st.sampled_from(
    [
        "Because {} keeps the variance of every layer the same.",
        "{}",
        "# {}\n\nThe variance is $2/n$.\n\n- one\n- two",
        "**Answer to Question 3:** {} is the reason.",
        "Q2: {}",
        "![plot](attachment:image.png) {}",
        "<!-- a comment --> {}",
        "YOUR ANSWER HERE\n\n{}",
        "{} <b>\ud800</b> \0 \r\n$x",
        "```python\n{} = 1\n```",
        "{} = 1",
        "def tf_he_normal(shape, dtype=None):\n    {} = 1\n    return {}",
        "import math\n\ndef he_initialize_model(model):\n    return {}",
        "%matplotlib inline\n{} = !ls",
        "'''{}'''",
        "# YOUR CODE HERE\n{} = 1",
    ]
)
STRUCTURE: st.SearchStrategy[Change] = st.one_of(
    st.tuples(st.just("write"), CHOICE, _TEXTS),
    st.tuples(st.just("insert"), CHOICE, st.tuples(st.sampled_from(["code", "markdown", "raw"]), _TEXTS)),
    st.tuples(st.just("copy"), CHOICE, CHOICE),
    st.tuples(st.just("second"), CHOICE, _TEXTS),
    st.tuples(st.just("move"), CHOICE, CHOICE),
    st.tuples(st.just("split"), CHOICE, CHOICE),
    st.tuples(st.just("merge"), CHOICE, st.just(None)),
    st.tuples(st.just("retype"), CHOICE, st.sampled_from(["code", "markdown", "raw", "heading"])),
    st.tuples(st.just("lines"), CHOICE, st.booleans()),
    st.tuples(st.just("no id"), CHOICE, st.just(None)),
    st.tuples(st.just("merge of"), st.just(0), st.sampled_from(sorted(DOCUMENTS))),
)
#: Text on which a slow pattern or a comparison of every line with every other takes long.
_LONG = st.builds(
    repeated,
    st.sampled_from(
        [
            *(
                "a ",
                "(",
                "\n",
                " \n",
                "<!--",
                "<!-- -->",
                "[x]: ",
                "[",
                "![",
                "<img ",
                "'''",
                '"""',
                "```\n",
                "~~~\nx\n",
                "# x\n",
            ),
            *(
                "def f\n",
                "from x import y, ",
                "import ",
                "a = ",
                "a, ",
                "(a",
                "Question ",
                "answer to ",
                "*",
                "他",
                "\r",
                "q1 ",
            ),
            *("### BEGIN MARK SCHEME\n", "YOUR ANSWER HERE", "# YOUR CODE HERE\n", "x" * 400 + "\n", "\\", "\u00a0"),
        ]
    ),
    st.sampled_from([1_000, 50_000, 400_000]),
)
DAMAGE: st.SearchStrategy[Change] = st.one_of(
    STRUCTURE,
    changes(ODD).map(lambda change: ("anything", 0, change)),
    st.tuples(st.just("delete"), CHOICE, st.just(None)),
    st.tuples(st.just("text"), CHOICE, TEXT | _LONG),
    st.tuples(st.just("source"), CHOICE, ODD),
    st.tuples(st.just("id"), CHOICE, st.sampled_from(IDS) | ODD),
    st.tuples(st.just("nbgrader"), CHOICE, ODD),
    st.tuples(
        st.just("attachments"), CHOICE, ODD | st.dictionaries(TEXT, st.dictionaries(TEXT, ODD, max_size=2), max_size=3)
    ),
    st.tuples(st.just("metadata"), CHOICE, ODD),
    st.tuples(st.just("many"), CHOICE, st.sampled_from([3, 40, 2_000])),
)


def _grade_id(cell: Any) -> Any:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return found if isinstance(found, str) else None


def _source(cell: Any) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else source


def _marker(number: int) -> str:
    return f"zq{number}qz"


def document_of(base: str, edits: list[Change]) -> Any:  # noqa: PLR0912, PLR0915 (a case for each kind of change)
    """Return the JSON of a notebook after these changes. Changes that no longer fit are left out."""
    document = copy.deepcopy(DOCUMENTS[base])
    for number, edit in enumerate(edits):
        kind, choice, value = edit
        if kind == "anything":
            document = changed(document, value)
            continue
        cells = document.get("cells") if isinstance(document, dict) else None
        if not isinstance(cells, list) or not cells or not all(_is_regular(cell) for cell in cells):
            continue
        open_ = [n for n, each in enumerate(cells) if _grade_id(each) not in LOCKED]
        place = open_[choice // 2 % len(open_)] if choice % 2 and open_ else choice % len(cells)
        cell = cells[place]
        match kind:
            case "write":
                cell["source"] = value.replace("{}", _marker(number))
            case "insert":
                cells.insert(
                    place, {"cell_type": value[0], "metadata": {}, "source": value[1].replace("{}", _marker(number))}
                )
            case "copy":
                cells.insert(value % len(cells), copy.deepcopy(cell))
            case "second":
                cells.insert(place + 1, copy.deepcopy(cell) | {"source": value.replace("{}", _marker(number))})
            case "move":
                cells.insert(value % len(cells), cells.pop(place))
            case "split":
                text = _source(cell)
                # Between two lines, as Jupyter's users do.
                lines = text.splitlines(keepends=True)
                cut = value % (len(lines) + 1)
                cells.insert(place + 1, copy.deepcopy(cell) | {"source": "".join(lines[cut:])})
                cell["source"] = "".join(lines[:cut])
            case "merge" if place + 1 < len(cells):
                cell["source"] = _source(cell) + "\n\n" + _source(cells.pop(place + 1))
            case "retype":
                cell["cell_type"] = value
            case "lines":
                cell["source"] = _source(cell).splitlines(keepends=value)
            case "no id":
                cell["metadata"] = {}
            case "merge of":
                cells += copy.deepcopy(DOCUMENTS[value]["cells"])
            case "delete":
                del cells[place]
            case "text" | "source":
                cell["source"] = value
            case "id":
                cell["metadata"] = {"nbgrader": {"grade_id": value}}
            case "nbgrader":
                cell["metadata"] = {"nbgrader": value}
            case "attachments" | "metadata":
                cell[kind] = value
            case "many":
                cells.extend(copy.deepcopy(cell) for _ in range(value))
    return document


def _is_regular(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        and isinstance(cell.get("source", ""), str | list)
        and all(isinstance(line, str) for line in cell.get("source", ""))
    )


@dataclass(frozen=True)
class File:
    """A notebook file: the notebook that it was made from, the changes, and how its text is written."""

    base: str
    edits: list[Change]
    encoding: str = "utf-8"
    indent: int | None = None
    ascii_only: bool = True
    around: tuple[str, str] = ("", "")
    bytes_: tuple[tuple[int, bytes], ...] = ()
    end: int | None = None

    def content(self) -> bytes:
        """Return the file's bytes."""
        text = json.dumps(document_of(self.base, self.edits), indent=self.indent, ensure_ascii=self.ascii_only)
        before, after = self.around
        content = bytearray((before + text + after).encode(self.encoding, "surrogatepass"))
        for choice, new in self.bytes_:
            place = choice * len(content) // 5_000
            content[place : place + len(new)] = new
        return bytes(content[: self.end and self.end * len(content) // 5_000])


_AROUND = st.sampled_from(
    [
        "",
        "\ufeff",
        "\r\n",
        "\0\0",
        "}",
        " {}",
        "[1]",
        "<<<<<<< HEAD\n",
        "\n=======\n>>>>>>> x\n",
        "PK\x03\x04",
        "[",
        "[" * 100_000,
    ]
)
_BASES = st.sampled_from(sorted(DOCUMENTS))
FILES = st.builds(
    File,
    _BASES,
    st.lists(DAMAGE, max_size=6),
    mostly(st.just("utf-8"), st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-32-be"])),
    st.sampled_from([None, 1]),
    st.booleans(),
    mostly(st.just(("", "")), st.tuples(_AROUND, _AROUND)),
    mostly(st.just(()), st.lists(st.tuples(CHOICE, st.binary(min_size=1, max_size=6)), max_size=4).map(tuple)),
    mostly(st.none(), CHOICE),
)

# --- the properties ------------------------------------------------------------------------------------------------


@cache
def _gradebook() -> tuple[ReleasedCell, ...]:
    """Return the release as nbgrader's gradebook has it."""
    return tuple(
        ReleasedCell(
            str(cell.grade_id),
            cell.kind,
            cell.source,
            "0" * 32,
            bool(cell.metadata.get("locked")),
            bool(cell.metadata.get("solution")),
            cell.metadata.get("points") if cell.metadata.get("grade") else None,
        )
        for cell in GIVEN.cells
        if cell.grade_id
    )


def _read(content: bytes) -> tuple[dict[str, Any], Arrangement, Submission] | None:
    try:
        notebook = parse_notebook("ann.ipynb", content)
        arrangement = arrange(notebook, GIVEN)
    except UnreadableNotebook as problem:
        said = str(problem)
        assert 0 < len(said) < 1_000
        assert said.isprintable()
        return None
    return vars(notebook), arrangement, submission_in(arrangement, GIVEN)


def file_is_a_submission_or_refused(file: File) -> None:
    """Any file gives a `Submission` that is sound, and always the same one, or is refused in one line."""
    content = file.content()
    read = _read(content)
    assert _read(content) == read
    if read is None:
        return
    _, arrangement, submission = read
    assert [answer.grade_id for answer in submission.written] == list(WRITTEN)
    assert submission.untouched <= {task.stub for task in TASKS}
    names = [cell.name for cell in submission.code]
    assert len(names) == len(set(names))
    assert len({piece.name for piece in arrangement.pieces}) == len(arrangement.pieces)
    assert sorted(piece.grade_id for piece in arrangement.pieces if piece.fills) == sorted(IDS)
    for piece in arrangement.pieces:
        piece.source.encode()
    assert len(submission.remarks) < 60
    for remark in submission.remarks:
        assert remark.text.isprintable()
        assert len(remark.text) < 1_500
        assert "qz" not in remark.text, "a remark holds a student's text"
    nbformat.validate(sanitize(arrangement, _gradebook()).notebook)


def only_texts_kinds_and_ids_count(file: File) -> None:
    """The submission depends on no metadata but the grade id, on no output and on no field beside the cells."""
    document = document_of(file.base, file.edits)
    bare = {
        "cells": [
            {
                "cell_type": cell.get("cell_type"),
                "source": cell.get("source", ""),
                "metadata": {
                    "nbgrader": {
                        "grade_id": _grade_id(cell),
                        "locked": number % 2 == 0,
                        "points": 99,
                        "solution": number % 3 == 0,
                    }
                },
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "out"}],
            }
            for number, cell in enumerate(document["cells"])
        ],
        "metadata": ["x"],
    }
    first, second = _read(json.dumps(document).encode()), _read(json.dumps(bare).encode())
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert [_without_file(each) for each in first[1].pieces] == [_without_file(each) for each in second[1].pieces]
        assert first[2].remarks == second[2].remarks
        assert first[2].written == second[2].written
        assert first[2].code == second[2].code


def _without_file(piece: Any) -> tuple[Any, ...]:
    return piece.name, piece.kind, piece.source, piece.grade_id, piece.fills, piece.runs, piece.shown


def no_text_is_lost(file: File) -> None:
    """Each text in an own cell, an answer cell or a stub is in the arrangement, and where its grade id says."""
    read = _read(json.dumps(document_of(file.base, file.edits)).encode())
    if read is None:
        return
    notebook, arrangement, _ = read
    shown = "\n".join(cell.source for cell in sanitize(arrangement, _gradebook()).notebook.cells)
    for cell in notebook["cells"]:
        if cell.grade_id in LOCKED or any(cell.source.strip().startswith(text.strip()) for text in LOCKED.values()):
            continue
        for number in range(len(file.edits)):
            word = _marker(number)
            if word not in cell.source:
                continue
            if cell.grade_id in WRITTEN:
                assert word in (arrangement.answer(cell.grade_id) or ""), (word, cell.grade_id)
            elif cell.grade_id in IDS and (cell.kind == "code" or "```" not in cell.source):
                parts = [piece for piece in arrangement.pieces if piece.grade_id == cell.grade_id and piece.runs]
                assert any(word in piece.source for piece in parts), (word, cell.grade_id)
            else:
                assert word in shown, word


PROPERTIES: dict[str, Property] = {
    "file": Property(FILES, file_is_a_submission_or_refused),
    "metadata": Property(st.builds(File, _BASES, st.lists(STRUCTURE, max_size=6)), only_texts_kinds_and_ids_count),
    "texts": Property(st.builds(File, _BASES, st.lists(STRUCTURE, min_size=1, max_size=6)), no_text_is_lost),
}
