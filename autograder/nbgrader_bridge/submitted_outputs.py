"""Keeps what a student's own run showed below the measuring cells, for whoever marks the written answers.

Grading does not run these cells, because they take minutes. Their outputs come from the student's file, so they prove
nothing, and a note above them says where they come from. Text and PNG pictures are kept, within limits; nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.safe_html import is_picture
from autograder.text import one_line, plain_text

#: Stands above what is kept of a cell.
NOTE: Final = "The student's own run showed this. The grader did not run this cell.\n"
#: Stands where the student's file has nothing below a cell.
NOTHING: Final = "The submitted notebook shows nothing below this cell. The grader did not run it.\n"
#: Stands in the place of a picture that is not kept.
NOT_KEPT: Final = "[The notebook has a figure here that is damaged, too large, or one too many.]\n"
_ALT: Final = "A figure that the student's own run drew."
#: Characters of one cell's text.
_MOST_TEXT: Final = 4_000
#: Figures of one notebook, and what one may have. Matplotlib's have less than a million pixels.
_MOST_FIGURES: Final = 30
_MOST_PIXELS: Final = 10_000_000
_MOST_BASE64: Final = 2 * 2**20


def measures(source: str) -> bool:
    """Return whether a released cell measures something: its first line says what.

    Examples
    --------
    >>> measures("# Measure: the signal, layer by layer\\nlayers = 50"), measures("import torch")
    (True, False)
    """
    return source.startswith("# Measure:")


def submitted_outputs(given: Mapping[str, list[Any]]) -> dict[str, list[NotebookNode]]:
    """Return what is kept of each cell's outputs, below a note that says where they come from.

    Parameters
    ----------
    given : mapping of str to list
        Outputs of cells by their grade ids, in the format of an untrusted file.

    Examples
    --------
    >>> saved = {"output_type": "stream", "name": "stdout", "text": ["loss ", "0.1\\n"]}
    >>> [output.text for output in submitted_outputs({"q1_see": [saved]})["q1_see"]][1:]
    ['loss 0.1\\n']
    """
    room = _MOST_FIGURES
    kept = {}
    for name, outputs in given.items():
        found = list(_kept(outputs, room))
        room -= sum("data" in output for output in found)
        kept[name] = [new_output("stream", name="stdout", text=NOTE if found else NOTHING), *found]
    return kept


def _kept(outputs: list[Any], room: int) -> Iterator[NotebookNode]:
    characters = _MOST_TEXT
    for output in outputs:
        text = _text_of(output)[:characters]
        characters -= len(text)
        if text:
            yield new_output("stream", name="stdout", text=text)
        data = output.get("data") if isinstance(output, dict) else None
        if not isinstance(data, dict) or "image/png" not in data:
            continue
        picture = "".join(_joined(data["image/png"]).split())
        if room and len(picture) <= _MOST_BASE64 and is_picture("image/png", picture, _MOST_PIXELS):
            room -= 1
            shown = {"image/png": picture, "text/plain": _ALT}
            yield new_output("display_data", data=shown, metadata={"image/png": {"alt": _ALT}})
        else:
            yield new_output("stream", name="stdout", text=NOT_KEPT)


def _text_of(output: object) -> str:
    """Return what an output says: printed text, or the exception that ended the cell."""
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") == "error":
        return one_line(f"{output.get('ename')}: {output.get('evalue')}") + "\n"
    return plain_text(_joined(output.get("text")), _MOST_TEXT)


def _joined(value: object) -> str:
    """Return a text of a notebook's file, which may be a list of its lines."""
    if isinstance(value, list):
        return "".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""
