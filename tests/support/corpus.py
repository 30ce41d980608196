"""The attack corpus: what a file under `attacks/` says of itself, and the notebook that carries it.

A file begins with comments: `Tries` and `Must` are for people; the others say where it goes and what shows.

    Cell: late | a grade id     a cell at the end, or in place of that answer; else a cell before the answers
    Problem: words              what the report says of the attack's cell; without it, the cell runs to its end
    Tolerates: any              the cell may run to its end or not
    Question: grade_id status   the status of that question
    Earns: criteria             what its arrays have, where the wrong code's had not
    Loses: criterion            what they have not
    Bench: yes                  makes sense against stock nbgrader, too
    Waits: yes                  ends by the time limit of a step, which is shorter for it
    Beside: yes                 may disturb a neighbour: an honest submission is graded beside it, too
    Times: number               the benchmark of a hostile class has the cell so often
    Seconds: number             what it uses up there of its time limits

Files in `attacks/notebook/` change the notebook itself, by a function `change`; the others are student code.
All are planted on wrong code: the `glorot` scenario.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.support.samples import cell, scenario

ATTACKS = Path(__file__).resolve().parents[1] / "specification/attacks"
WRONG_CODE = "glorot"
_ANSWERS = ("q7_tf_initializer", "q7_tf_model", "q7_torch_initializer", "q7_torch_model")
_SHOWN = {"Problem", "Tolerates", "Question", "Earns", "Loses"}
_KNOWN = _SHOWN | {"Tries", "Must", "Cell", "Bench", "Waits", "Beside", "Times", "Seconds"}
#: Given to every attack: it knows this machine, and the protocol, as its own.
_PRELUDE = '''\
PLANTED = {planted!r}


def loot(text):
    """Carry a secret out, if there is one in this text: by the report, for all to see."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    if "canary-" in text:
        raise SystemError("LOOT " + text[text.index("canary-") :][:40])


def run_answers(path):
    """Run the answers of the notebook at this path in place of one's own."""
    import json

    text = open(path).read()
    cells = json.loads(text)["cells"]
    for answer in {answers!r}:
        for c in cells:
            if c["metadata"].get("nbgrader", {{}}).get("grade_id") == answer:
                get_ipython().run_cell("".join(c["source"]))
    loot(text)


def frame(header, payload=b""):
    """Return the bytes of a frame. A header that is no text yet becomes JSON."""
    import json
    import struct

    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("!4sII", b"WIA1", len(head), len(payload)) + head + payload


def answer_by(make):
    """Have the next answer be what `make` returns of its header and arrays: these two, or the bytes to send."""
    import autograder.sandbox.child.serve as collector

    honest = collector.encode

    def forged(header, arrays=()):
        collector.encode = honest
        made = make(header, arrays)
        return [made] if isinstance(made, bytes) else honest(*made)

    collector.encode = forged
'''


@dataclass(frozen=True)
class Attack:
    """One file of the corpus."""

    family: str
    name: str
    said: dict[str, str]
    source: str

    @property
    def tries(self) -> str:
        return self.said["Tries"]

    def words(self, key: str) -> list[str]:
        return self.said.get(key, "").split()

    def build(self, planted: dict[str, Any]) -> NotebookNode:
        """Return the wrong notebook with the attack in it; ``planted`` says what there is to be found, and where."""
        notebook = scenario(WRONG_CODE).build()
        setup = notebook.cells.index(cell(notebook, "setup"))
        prelude = new_code_cell(_PRELUDE.format(planted=planted, answers=_ANSWERS), id="prelude")
        where = self.said.get("Cell", "early")
        if self.family == "notebook":
            change: dict[str, Any] = {"checks": lambda n: [cell(n, f"{answer}_check") for answer in _ANSWERS]}
            notebook.cells.append(new_code_cell("spare = 1", id="spare"))
            exec(self.source, change)
            change["change"](notebook)
            return notebook
        if where == "early":
            notebook.cells.insert(setup + 1, new_code_cell(self.source, id="attack"))
        elif where == "late":
            # After the answers and before the check cells: where a student would put it.
            last = notebook.cells.index(cell(notebook, "q7_tf_initializer_check"))
            for answer in reversed(_ANSWERS):
                own = cell(notebook, answer)
                notebook.cells.remove(own)
                notebook.cells.insert(setup + 1, own)
            last = notebook.cells.index(cell(notebook, "q7_torch_model"))
            notebook.cells.insert(last + 1, new_code_cell(self.source, id="attack"))
        else:
            cell(notebook, where).source = self.source
        notebook.cells.insert(setup + 1, prelude)
        return notebook


def crowd(attacks: Sequence[Attack], planted: dict[str, Any]) -> NotebookNode:
    """Return the wrong notebook with several attacks in it, one after another: each is one cell more."""
    notebook = attacks[0].build(planted)
    first = next(number for number, each in enumerate(notebook.cells) if each.id == "attack")
    notebook.cells[first + 1 : first + 1] = [
        new_code_cell(each.source, id=f"attack-{number}") for number, each in enumerate(attacks[1:])
    ]
    return notebook


def read_attack(path: Path) -> Attack:
    source = path.read_text(encoding="utf-8")
    said = {}
    for line in source.splitlines():
        key, colon, value = line.removeprefix("# ").partition(": ")
        if not line.startswith("# ") or not colon:
            break
        said[key] = value.strip()
    assert "Tries" in said, f"{path} does not say what it tries"
    assert "Must" in said, f"{path} does not say what must happen"
    assert set(said) <= _KNOWN, f"{path} says {set(said) - _KNOWN}"
    return Attack(path.parent.name, path.stem, said, source)


def corpus() -> list[Attack]:
    return [read_attack(path) for path in sorted(ATTACKS.glob("*/*.py"))]


def seed_notebook(path: Path, canary: str) -> None:
    """Hide ``canary`` in the notebook at ``path``."""
    document = json.loads(path.read_text(encoding="utf-8"))
    document["metadata"]["secret"] = canary
    path.write_text(json.dumps(document), encoding="utf-8")
