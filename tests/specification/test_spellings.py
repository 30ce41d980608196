"""Right code in the spellings of real students earns full points; where code is wrong, the reason is named.

`spellings/` has a file for each task. It begins with what its spellings share. A line ``# %% name`` begins a spelling,
and ``; fails criterion: words`` says which criterion is the first that it fails, and what the message says.
"""

from __future__ import annotations

import linecache
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograder.assignment.questions import TASKS, Task, draw_challenge
from autograder.grading.check import _DirectCall
from autograder.grading.interview import interview
from autograder.judge.judging import judge

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore")]

FOLDER = Path(__file__).parent / "spellings"
#: These take longest, and no spelling changes the law that is drawn from.
LEFT_OUT = {"distribution", "independence", "fresh"}


class Spelling(NamedTuple):
    task: Task
    name: str
    code: str
    fails: str
    says: str


def spellings(asked: Task) -> Iterator[Spelling]:
    shared, *sections = (FOLDER / f"{asked.stub}.py").read_text(encoding="utf-8").split("\n# %% ")
    for section in sections:
        title, code = section.split("\n", 1)
        name, fails, says = re.fullmatch(r"(.+?)(?:; fails (\w+):\s?(.*))?", title).groups(default="")
        yield Spelling(asked, name, f"{shared}\n{code}", fails, says)


@pytest.fixture(autouse=True)
def settings_are_restored() -> Iterator[None]:
    """Give back the global settings that a spelling may change."""
    import keras
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float32)
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


def function(spelling: Spelling) -> Any:
    """Define the function as a notebook does, with a source that TorchScript can read."""
    import keras
    import tensorflow as tf
    import torch

    names: dict[str, Any] = {"__name__": "__main__", "math": math, "np": np, "tf": tf, "keras": keras, "torch": torch}
    names |= {"nn": torch.nn, "F": torch.nn.functional}
    filename = f"<cell {spelling.name}>"
    linecache.cache[filename] = (len(spelling.code), None, spelling.code.splitlines(keepends=True), filename)
    exec(compile(spelling.code, filename, "exec"), names)
    return names[spelling.task.function]


@pytest.mark.parametrize(
    "spelling",
    [pytest.param(each, id=f"{asked.stub}-{each.name}") for asked in TASKS for each in spellings(asked)],
)
def test_right_code_earns_full_points_in_every_spelling(spelling: Spelling) -> None:
    import keras
    import torch

    keras.utils.set_random_seed(1)
    torch.manual_seed(1)
    asked = spelling.task
    drawn = draw_challenge(np.random.default_rng(3))
    few = replace(drawn, kernels=drawn.kernels[1:5], inputs=drawn.inputs[:2])
    found = interview(_DirectCall(asked, function(spelling), np.random.default_rng(1)), asked, few)
    with np.errstate(all="ignore"):
        verdicts = judge(found, [name for name in asked.weights if name not in LEFT_OUT])
    missed = [(each.name, each.finding.message) for each in verdicts if each.status != "passed"]
    if not spelling.fails:
        assert not missed
    else:
        assert missed
        assert missed[0][0] == spelling.fails, missed
        assert spelling.says in missed[0][1]
