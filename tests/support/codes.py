"""The corpus of codes: what students write in one cell, as rows of the tables in `tests/specification/codes/`.

A row of a table has these keys:

- ``name``. With ``values``, a list, the row stands for one code for each value. The word VALUE in its texts is
  replaced.
- ``part``, the grade id of a stub, with one of two: ``code``, the whole cell; or ``body``, lines that `_CELLS` puts
  into a cell. In them, ``s`` is He's deviation and ``n`` is fan_in. ``before`` are lines before the function,
  ``output`` is the initializer of a Keras model's output layer, and ``forward`` the body of a PyTorch model's forward.
- ``first``, ``early`` and ``late``: lists of cells of the student's own, before the set-up cell, after it and at the
  end. ``base`` is the notebook that all cells are put into: "release" (the default) or "solution".
- ``score``: the points of the whole notebook, or a list of the fewest and the most.
- ``grey``: why this code's result may depend on the seed.
- ``slow = true``: no test grades it, and only `autograder dev calibrate --stability` does.

What stands before a table's rows holds for each of them.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.assignment.questions import TASKS
from tests.support.samples import ROOT, base_notebook, cell, with_own_cells

CODES = ROOT / "tests/specification/codes"

_CELLS = {
    "q7_tf_initializer": """
import math, random, numpy as np, tensorflow as tf
{before}
def tf_he_normal(shape):
    n, size = math.prod(shape[:-1]), math.prod(shape)
    s = math.sqrt(2 / n)
    {body}
""",
    "q7_torch_initializer": """
import math, random, numpy as np, torch, torch.nn as nn
{before}
@torch.no_grad()
def torch_he_normal_(weight):
    n = weight[0].numel()
    s = math.sqrt(2 / n)
    {body}
""",
    "q7_tf_model": """
import math, random, numpy as np, tensorflow as tf
{before}
D = tf.keras.layers.Dense
def he(shape, dtype=None):
    s = math.sqrt(2 / shape[0])
    {body}
def build_tf_model():
    return tf.keras.Sequential([
        tf.keras.Input((64,)),
        D(128, 'relu', kernel_initializer=he), D(64, 'relu', kernel_initializer=he),
        D(10, 'softmax', kernel_initializer={output}),
    ])
""",
    "q7_torch_model": """
import math, random, numpy as np, torch, torch.nn as nn
{before}
class CustomModel(nn.Module):
    @torch.no_grad()
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
        for layer in (self.fc1, self.fc2, self.fc3):
            s = math.sqrt(2 / layer.in_features)
            layer.bias.zero_()
            {body}
    def forward(self, x):
        {forward}
""",
}
#: What stands in these cells where a row says nothing else.
_USUAL = {
    "before": "",
    "output": "'he_normal'",
    "forward": "return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))",
}


@dataclass(frozen=True)
class Code:
    """One code: cells of a notebook, and what is expected of its grading.

    Attributes
    ----------
    name : str
        Name, unlike every other code's.
    cells : dict of str to str
        Sources by grade id.
    base : str
        Notebook that the cells are put into.
    first, early, late : tuple of str
        Cells of the student's own: before the set-up cell, after it, at the end.
    score : tuple of float, optional
        Fewest and most points of the whole notebook.
    grey : str, optional
        Why its result may depend on the seed.
    slow : bool
        Whether only the tool grades it, and no test.
    """

    name: str
    cells: dict[str, str]
    base: str = "release"
    first: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    score: tuple[float, float] | None = None
    grey: str | None = None
    slow: bool = False

    def build(self) -> NotebookNode:
        """Return the notebook with this code."""
        notebook = base_notebook(self.base)
        for grade_id, source in self.cells.items():
            cell(notebook, grade_id).source = source
        return with_own_cells(notebook, first=self.first, early=self.early, late=self.late)


def together(found: Iterable[Code]) -> Iterator[tuple[Code, ...]]:
    """Yield codes of different stubs together: one notebook, and so one grading, serves up to four."""
    alone: list[Code] = []
    by_stub: dict[str, list[Code]] = {task.stub: [] for task in TASKS}
    for code in found:
        if code.base == "release" and len(code.cells) == 1 and not (code.first or code.early or code.late):
            by_stub[next(iter(code.cells))].append(code)
        else:
            alone.append(code)
    for row in zip_longest(*by_stub.values()):
        yield tuple(code for code in row if code is not None)
    yield from ((code,) for code in alone)


def notebook_of(found: Iterable[Code]) -> NotebookNode:
    """Return the notebook with codes of different stubs."""
    first, *others = found
    notebook = first.build()
    for code in others:
        for grade_id, source in code.cells.items():
            cell(notebook, grade_id).source = source
    return notebook


def codes(folder: Path = CODES) -> list[Code]:
    """Return all codes of the tables in ``folder``; raise `ValueError` where a row is wrong."""
    found: dict[str, Code] = {}
    for path in sorted(folder.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for row in table.pop("code"):
            try:
                for code in _codes_of(table | row):
                    if code.name in found:
                        raise ValueError("there is another code of this name")
                    found[code.name] = code
            except (KeyError, TypeError, ValueError) as problem:
                raise ValueError(f"{path.name}: {row.get('name')}: {problem!r}") from problem
    return list(found.values())


def _codes_of(row: dict[str, Any]) -> Iterator[Code]:
    for value in row.pop("values", ("VALUE",)):
        filled = {key: _replaced(each, str(value)) for key, each in row.items()}
        cells = filled.pop("cells", {})
        if "part" in filled:
            cells[filled.pop("part")] = _cell(row["part"], filled)
        if "score" in filled:
            score = filled.pop("score")
            filled["score"] = score if isinstance(score, tuple) else (score, score)
        yield Code(cells=cells, **filled)


def _replaced(each: Any, value: str) -> Any:
    if isinstance(each, list):
        return tuple(_replaced(one, value) for one in each)
    if isinstance(each, dict):
        return {key: _replaced(one, value) for key, one in each.items()}
    return each.replace("VALUE", value) if isinstance(each, str) else each


def _cell(part: str, row: dict[str, Any]) -> str:
    """Take the texts of a cell out of ``row``, and put them together."""
    if "code" in row:
        return str(row.pop("code")).strip("\n")
    return cell_of(part, row.pop("body"), **{name: row.pop(name) for name in _USUAL if name in row})


def cell_of(part: str, body: str, **texts: str) -> str:
    """Return the cell of the stub ``part`` with ``body``, and with ``texts`` in place of what usually stands there."""
    source = _CELLS[part].strip("\n")
    for name, text in (_USUAL | texts).items():
        source = source.replace(f"{{{name}}}", text)
    indent = next(line for line in source.splitlines() if line.endswith("{body}")).removesuffix("{body}")
    return source.replace(f"{indent}{{body}}", textwrap.indent(textwrap.dedent(body).strip("\n"), indent))
