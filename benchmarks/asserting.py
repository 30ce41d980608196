"""Makes the assignment for other graders: check cells with assertions, as courses write them, for the same points.

The assertions look at fewer kernels than this grader does, once each, and name no mistake. So the other grader has less
to do.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from nbformat import NotebookNode

from autograder.assignment.questions import TASKS, Kind
from tests.support.course import Course
from tests.support.samples import cell, read, write

SETUP = """\
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import torch
from torch import nn"""

_VARIANCE = """\
    assert abs(values.mean()) < 0.1 * (2 / fan_in) ** 0.5, "the mean is not 0"
    assert abs(values.var() * fan_in / 2 - 1) < 0.1, "the variance is not 2/fan_in"
"""
CHECKS = {
    "q7_tf_initializer": f"""\
for shape, fan_in in (((256, 256), 256), ((3, 3, 16, 64), 144)):
    values = np.asarray(tf_he_normal(shape))
    assert values.shape == shape
{_VARIANCE}""",
    "q7_tf_model": f"""\
model = build_tf_model()
outputs = np.asarray(model(np.zeros((5, 64), "float32")))
assert outputs.shape == (5, 10)
assert np.allclose(outputs.sum(1), 1, atol=1e-5)
kernels = [np.asarray(v) for v in model.weights if len(v.shape) == 2]
for values, fan_in in zip(kernels[:2], (64, 128)):
{_VARIANCE}""",
    "q7_torch_initializer": f"""\
for shape, fan_in in (((256, 256), 256), ((64, 16, 3, 3), 144)):
    weight = torch.zeros(shape)
    assert torch_he_normal_(weight) is weight
    values = weight.detach().numpy()
{_VARIANCE}""",
    "q7_torch_model": f"""\
model = CustomModel()
assert model(torch.zeros(5, 64)).shape == (5, 10)
for layer, fan_in in ((model.fc1, 64), (model.fc2, 128)):
    values = layer.weight.detach().numpy()
{_VARIANCE}""",
}


def into_course(course: Course) -> Course:
    """Give a course whose assignment is not made yet these check cells."""
    path = course.folder / "solutions/weight_initialization/weight_initialization.ipynb"
    notebook = read(path)
    cell(notebook, "setup").source = SETUP
    for task in TASKS:
        cell(notebook, task.check).source = CHECKS[task.stub]
    write(notebook, path)
    return course


def without_ours(notebook: NotebookNode) -> NotebookNode:
    """Return a submission for a grader that keeps its tests outside the notebook."""
    cell(notebook, "setup").source = SETUP
    for task in TASKS:
        notebook.cells.remove(cell(notebook, task.check))
    return notebook


def otter_tests(folder: Path) -> Path:
    """Write the same checks as otter-grader's test files."""
    folder.mkdir(parents=True)
    points = {task.stub: 12 if task.kind is Kind.INITIALIZER else 8 for task in TASKS}
    for name, source in CHECKS.items():
        (folder / f"{name}.py").write_text(
            "from otter.test_files import test_case\n\n"
            f"OK_FORMAT = False\nname = {name!r}\npoints = {points[name]}\n\n\n"
            "@test_case(points=None, hidden=False)\n"
            "def test(env):\n"
            "    globals().update({k: v for k, v in env.items() if not k.startswith('__')})\n"
            + textwrap.indent(source, "    "),
            encoding="utf-8",
        )
    return folder


def beside(environment: Path) -> None:
    """Let an environment use the frameworks of this one: what its own packages lack is looked for here."""
    own = next((environment / "lib").glob("python*/site-packages"))
    (own / "zz-frameworks.pth").write_text(str(next(Path(sys.prefix, "lib").glob("python*/site-packages"))) + "\n")
