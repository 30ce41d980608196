"""Every message joins a failure to its cause, and what Colab or Jupyter would do costs nothing where it does no harm.

A new case is one row. All rows of a table are graded together: a row of `CELLS` is two cells of one notebook, and a row
of `ANSWERS` is one answer in a notebook of four.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.assignment.questions import TASKS
from autograder.assignment.release import load_release
from autograder.assignment.settings import Terms
from autograder.grading.engine import Engine
from autograder.grading.grade import job_of
from autograder.grading.jobs import Graded
from autograder.grading.worker import InThisProcess
from tests.support.graders import Grader
from tests.support.samples import answered, cell, write

TF, TF_MODEL, TORCH, TORCH_MODEL = (task.stub for task in TASKS)
POINTS = {TF: 12.0, TF_MODEL: 8.0, TORCH: 12.0, TORCH_MODEL: 8.0}
NOT_INSTALLED = "{} is not installed while grading"
NO_GPU = "There is no GPU while grading"

#: Code of a student's own cell; the cause that a later cell names which needs this cell's last name, or None if the
#: whole cell runs.
CELLS: dict[str, tuple[str, str | None]] = {
    "pandas": ("import numpy as np\nimport pandas as pd", NOT_INSTALLED.format("pandas")),
    "sklearn": ("from sklearn.datasets import load_digits", NOT_INSTALLED.format("sklearn")),
    "torchvision": ("import torchvision", NOT_INSTALLED.format("torchvision")),
    "tqdm": ("import tqdm.notebook", NOT_INSTALLED.format("tqdm")),
    "plotly": ("import plotly.express as px", NOT_INSTALLED.format("plotly")),
    "wandb": ("import wandb", NOT_INSTALLED.format("wandb")),
    "kaggle": ("from kaggle_secrets import UserSecretsClient", NOT_INSTALLED.format("kaggle_secrets")),
    "seaborn after pip": ("!pip install seaborn\nimport seaborn as sns", "Lines such as !pip install do nothing."),
    "extension": ("%load_ext tensorboard", NOT_INSTALLED.format("tensorboard")),
    "drive": ("from google.colab import drive\ndrive.mount('/content/drive')", "google.colab exists on Colab alone"),
    "uploads": ("from google.colab import files\nfiles.upload()", "google.colab exists on Colab alone"),
    "old module": ("import tensorflow.contrib", "The installed tensorflow has no such module."),
    "gpus": ("tf.config.experimental.set_memory_growth(tf.config.list_physical_devices('GPU')[0], True)", NO_GPU),
    "devices": ("found = tf.config.list_physical_devices('GPU')\nfirst = found[0]", NO_GPU),
    "gpu asserted": ("assert torch.cuda.is_available(), 'turn it on'", NO_GPU),
    "gpu named": ("torch.cuda.get_device_name(0)", NO_GPU),
    "tpu": ("tf.distribute.cluster_resolver.TPUClusterResolver()", NO_GPU),
    "colab's magic": ("%tensorboard --logdir logs", "%tensorboard belongs to Colab"),
    "file": ("open('data.csv')", "without the files beside it"),
    "network": ("import urllib.request as u\nu.urlopen('http://example.org')", "Network access is not available"),
    "program": ("import subprocess\nsubprocess.run(['ls'])", "Other programs and processes cannot be started"),
    "input": ("input('Your name: ')", "Nobody can type while grading"),
    "exit": ("exit()", "exit(), quit() and SystemExit end a cell"),
    "quit": ("quit()", "exit(), quit() and SystemExit end a cell"),
    "sys.exit": ("import sys\nsys.exit(1)", "exit(), quit() and SystemExit end a cell"),
    "raise SystemExit": ("raise SystemExit", "exit(), quit() and SystemExit end a cell"),
    "%run": ("%run helpers.py", "stopped at “%run helpers.py”: The notebook is graded without the files beside it."),
    "in %%capture": ("%%capture\nimport pandas", "stopped at “import pandas”: pandas is not installed"),
    "in %%time": ("%%time\nimport pandas", "stopped: pandas is not installed"),
    "error": ("1 / 0", "stopped at “1 / 0”: ZeroDivisionError: division by zero."),
    "syntax": ("print 'x'", "stopped at “print 'x'”: SyntaxError"),
    "no-break space": ("if True:\n\u00a0\u00a0pass", "U+00A0 is the character “no-break space”"),
    "curly quotes": ("s = \u2018x\u2019", "“left single quotation mark”"),
    "zero-width space": ("\u200bs = 1", "“zero width space”"),
    "dash": ("3 \u2013 1", "“en dash”"),
    "no such name": ("from torch import nnn", "The installed torch has no nnn: it may be misspelled"),
    "Colab's folder": ("open('/content/x.txt', 'w')", "The folder /content exists on Colab or Kaggle alone."),
    "Keras's file": ("tf.keras.models.load_model('m.keras')", "without the files beside it"),
    "environment": ("import os\nos.environ['API_KEY']", "Environment variables of your computer are not set"),
    "line numbers": ("1 import os\n2 import sys", "if line numbers were pasted with the code, delete them"),
    "merge conflict": ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> mine", "holds both sides of a merge"),
    "!pip": ("!pip install -q torchinfo", None),
    "%pip": ("%pip install torchinfo", None),
    "!apt": ("!apt-get install -y graphviz", None),
    "%conda": ("%conda install -y graphviz", None),
    "%mamba": ("%mamba install -y graphviz", None),
    "%tensorflow_version": ("%tensorflow_version 2.x", None),
    "%matplotlib": ("%matplotlib notebook\n%config InlineBackend.figure_format = 'retina'", None),
    "%load_ext": ("%load_ext autoreload\n%autoreload 2", None),
    "%%time": ("%%time\n!nvidia-smi", None),
    "%%capture": ("%%capture\n%pip install torchinfo", None),
    "%cd": ("%env A=1\n%cd .\nlisted = !ls", None),
    "get_ipython": ("get_ipython().run_line_magic('pip', 'install torchinfo')\nget_ipython().system('ls')", None),
    "own module": ("open('mine.py', 'w').write('x = 1')\nimport mine", None),
    "ImportError caught": ("try:\n    import pandas as pd\nexcept ImportError:\n    pd = None", None),
    "compiled": ("torch.compile(nn.Linear(2, 2), mode='max-autotune')(torch.ones(1, 2))", None),
}


class Answer(NamedTuple):
    """An answer, its points, what is said of it, and cells of the student's own that stand before Q7 or at the end."""

    stub: str
    code: str
    score: float = 0.0
    says: str = ""
    early: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    markdown: str = ""
    raw: str = ""


def tensorflow(body: str, head: str = "") -> str:
    return f"{head}\ndef tf_he_normal(shape):\n    {body}\n"


def torch(body: str, head: str = "") -> str:
    return f"{head}\ndef torch_he_normal_(weight):\n    {body}\n"


def keras(layers: str, head: str = "") -> str:
    made = f"tf.keras.Sequential([tf.keras.Input((64,)), {layers}])"
    return f"{head}\nD, he = tf.keras.layers.Dense, 'he_normal'\ndef build_tf_model():\n    return {made}\n"


def module(
    after: str = "",
    *,
    layers: str = "self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)",
    forward: str = "return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))",
    base: str = "nn.Module",
    body: str = "",
    decorator: str = "",
) -> str:
    lines = f"""
        class CustomModel({base}):
            {body}
            def __init__(self):
                super().__init__()
                {layers}
                for layer in (self.fc1, self.fc2, self.fc3):
                    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                    nn.init.zeros_(layer.bias)
                {after}
            {decorator}
            def forward(self, x):
                {forward}
    """
    return textwrap.dedent(lines)


HE = "return tf.keras.initializers.HeNormal()(shape)"
THREE = "D(128, 'relu', kernel_initializer=he), D(64, 'relu', kernel_initializer=he), D(10, 'softmax')"
VARIABLES = """
class Layer(tf.keras.layers.Layer):
    def __init__(self, a, b, activation):
        super().__init__()
        self.activation = activation
        self.parts = [tf.Variable(tf.random.normal((a, b), stddev=(2 / a) ** 0.5)), tf.Variable(tf.zeros(b))]
    def call(self, x):
        return self.activation(x @ self.parts[0] + self.parts[1])
"""
IN_CELL_3 = "would have been defined in cell 3, which stopped at “import pandas”: pandas is not installed"
LAZY = "self.fc1, self.fc2, self.fc3 = nn.LazyLinear(128), nn.LazyLinear(64), nn.LazyLinear(10)"
ONE_BY_ONE = "return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1({})))))"

ANSWERS = {
    # A name that is missing
    "stopped": Answer(TF, tensorflow("return made(shape)"), 0, f"made {IN_CELL_3}", ("import pandas\nmade = 1",)),
    "stopped at conv": Answer(
        TF,
        tensorflow(f"if len(shape) == 4:\n        one\n    {HE}"),
        8,
        f"one {IN_CELL_3}",
        ("import pandas\none = 1",),
    ),
    "in a default": Answer(TF, tensorflow(HE, "def f(a=two): ..."), 0, f"two {IN_CELL_3}", ("import pandas\ntwo = 1",)),
    "in tf.function": Answer(
        TF, tensorflow("return made(shape)", "@tf.function"), 0, f"made {IN_CELL_3}", ("import pandas\nmade = 1",)
    ),
    "in a decorator": Answer(TORCH, torch("...", "@logged"), 0, f"logged {IN_CELL_3}", ("import pandas\nlogged = 1",)),
    "in a class body": Answer(
        TORCH_MODEL, module(body="gain = root"), 0, f"root {IN_CELL_3}", ("import pandas\nroot = 1",)
    ),
    "of a base class": Answer(
        TORCH_MODEL, module(base="Base"), 0, f"Base {IN_CELL_3}", ("import pandas\nclass Base: ...",)
    ),
    "in a method": Answer(
        TORCH_MODEL, module(forward="return act(x)"), 5, f"act {IN_CELL_3}", ("import pandas\nact = torch.relu",)
    ),
    "in Keras's call": Answer(
        TF_MODEL,
        keras(f"{THREE}, tf.keras.layers.Lambda(lambda x: act(x))"),
        5,
        f"act {IN_CELL_3}",
        ("import pandas\nact = 1",),
    ),
    "chain": Answer(
        TF,
        tensorflow("return make(shape)"),
        0,
        "make would have been defined in cell 4, which stopped at “k = scaled(3)”: scaled " + IN_CELL_3,
        ("import pandas\ndef scaled(n): ...", "k = scaled(3)\ndef make(shape): ..."),
    ),
    "open stub": Answer(
        TF_MODEL,
        "def build_tf_model():\n    return tf_he_normal((3, 3))",
        0,
        "Cell q7_tf_initializer still has its line raise NotImplementedError().",
    ),
    "star": Answer(
        TORCH,
        torch("return sqrt(weight)"),
        0,
        "sqrt may be one of the names that cell 3",
        ("1 / 0\nfrom math import *",),
    ),
    "process ended": Answer(
        TF_MODEL,
        "def build_tf_model():\n    return slow",
        0,
        "slow would have been defined in cell 3, which did not run to its end: ",
        ("import os\nos._exit(0)\nslow = 1",),
    ),
    "below": Answer(TF, "s = further(3)", 0, "defines further further down", late=("def further(x): ...",)),
    "below in the cell": Answer(
        TORCH, "s = soon(3)\ndef soon(x): ...", 0, "q7_torch_initializer defines soon further down"
    ),
    "in a class": Answer(
        TF, "class A:\n    def tf_he_normal(shape): ...", 0, "is defined inside a class or a function"
    ),
    "behind an open bracket": Answer(
        TF,
        tensorflow("return unclosed(shape)"),
        0,
        "unclosed may have been defined in cell 3, which stopped at “x = [1, 2”: SyntaxError: '[' was never closed",
        ("x = [1, 2\nunclosed = 1",),
    ),
    "name of a package": Answer(
        TORCH, torch("from torch import nnn"), 0, "cannot import name 'nnn' from 'torch' (cell q7_torch_initializer"
    ),
    "calls itself": Answer(TF, tensorflow("return tf_he_normal(shape)"), 0, "A function calls itself again and again"),
    "nowhere": Answer(TF, tensorflow("return gone(shape)"), 0, "No cell defines gone outside of functions."),
    "condition": Answer(
        TF,
        tensorflow("return maybe(shape)"),
        0,
        "Cell 3 defines maybe in line 2, inside an if",
        ("if False:\n    maybe = 1",),
    ),
    "deleted": Answer(TF, tensorflow("return once(shape)"), 0, "Cell 3 deletes once.", ("once = 1\ndel once",)),
    "Markdown": Answer(TF, tensorflow("return md(shape)"), 0, "defines md, but it is no code cell", markdown="md = 1"),
    "raw": Answer(TF, tensorflow("return raw(shape)"), 0, "defines raw, but it is no code cell", raw="def raw(x): ..."),
    "measuring cell": Answer(
        TF, tensorflow("return norms"), 0, "The locked cell q1_see defines norms, and does not run"
    ),
    "still None": Answer(
        TF,
        tensorflow("return late(shape)"),
        0,
        "late would have been set in cell 4, line 2. That cell stopped at “1 / 0”",
        ("late = None", "1 / 0\nlate = 1"),
    ),
    "no attribute": Answer(
        TORCH,
        torch("return own.init(weight)"),
        0,
        "init would have been set in cell 4, line 2.",
        ("class Own: ...\nown = Own()", "1 / 0\nown.init = 1"),
    ),
    # What a notebook's machine has, and the grader's has not
    "cuda()": Answer(TORCH, torch("return weight.cuda()"), 0, NO_GPU),
    "device": Answer(TORCH, torch("return torch.ones(1, device='cuda:0')"), 0, NO_GPU),
    "mps": Answer(TORCH_MODEL, module("self.to('mps')"), 0, NO_GPU),
    "default device": Answer(TORCH_MODEL, module(), 0, NO_GPU, ("torch.set_default_device('cuda')",)),
    "default device mps": Answer(TORCH_MODEL, module(), 0, NO_GPU, ("torch.set_default_device('mps')",)),
    "if available": Answer(TORCH_MODEL, module("self.to('cuda' if torch.cuda.is_available() else 'cpu')"), 8),
    "tf.device": Answer(TF, tensorflow(f"with tf.device('/GPU:0'):\n        {HE}"), 12),
    "exit in a function": Answer(TF, tensorflow("quit()"), 0, "exit(), quit() and SystemExit"),
    "no package in the stub": Answer(TORCH_MODEL, "import torchsummary", 0, NOT_INSTALLED.format("torchsummary")),
    "torch.compile": Answer(TORCH_MODEL, module(decorator="@torch.compile"), 8),
    "torch.compile of the model": Answer(TORCH_MODEL, module("self.compile(fullgraph=True)"), 8),
    # A model is told from the views of it
    "Sequential of layers": Answer(TORCH_MODEL, module("self.net = nn.Sequential(self.fc1, nn.ReLU(), self.fc2)"), 8),
    "ModuleList first": Answer(
        TORCH_MODEL,
        module(
            layers="self.all = nn.ModuleList([nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)]); "
            "self.fc1, self.fc2, self.fc3 = self.all"
        ),
        8,
    ),
    "list of weights": Answer(TORCH_MODEL, module("self.ws = nn.ParameterList([self.fc1.weight, self.fc2.weight])"), 8),
    "the same numbers": Answer(TORCH_MODEL, module("self.w = nn.Parameter(self.fc1.weight.data)"), 8),
    "empty parameter": Answer(TORCH_MODEL, module("self.register_buffer('dummy', torch.empty(0))"), 8),
    "counter": Answer(TORCH_MODEL, module("self.register_buffer('n', torch.zeros(1, dtype=torch.long))"), 8),
    "extra state": Answer(TORCH_MODEL, module(body="def get_extra_state(self): return {}"), 8),
    "another layer": Answer(TORCH_MODEL, module("self.more = nn.Linear(10, 10)"), 7, "the model holds other weights"),
    "another layer, in use": Answer(
        TORCH_MODEL,
        module(
            "self.more = nn.Linear(10, 10); "
            "nn.init.kaiming_normal_(self.more.weight, nonlinearity='relu'); nn.init.zeros_(self.more.bias)",
            forward="return self.more(torch.relu(self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))))",
        ),
        7,
        "Weights found: fc1.weight",
    ),
    "Keras's random state": Answer(TF_MODEL, keras(THREE.replace("D(64", "tf.keras.layers.Dropout(0.5), D(64")), 8),
    "lazy": Answer(TORCH_MODEL, module(layers=LAZY), 0, "Lazy layers have no weights before a first forward pass"),
    "lazy after a pass": Answer(TORCH_MODEL, module(layers=f"{LAZY}; self(torch.zeros(1, 64))"), 8),
    "untracked": Answer(
        TF_MODEL,
        keras("Layer(64, 128, tf.nn.relu), Layer(128, 64, tf.nn.relu), Layer(64, 10, tf.nn.softmax)", VARIABLES),
        0,
        "tf.Variables, which Keras 3 does not track, so",
    ),
    "dropout": Answer(
        TORCH_MODEL,
        module(forward="return self.fc3(torch.relu(nn.functional.dropout(self.fc2(torch.relu(self.fc1(x))))))"),
        5,
        "A second pass of the same batch gave other outputs. Is a dropout always on",
    ),
    "noise in Keras": Answer(
        TF_MODEL,
        keras(THREE.replace("D(10", "tf.keras.layers.Lambda(lambda x: tf.nn.dropout(x, 0.5)), D(10")),
        5,
        "A second pass of the same batch gave other outputs. Is a dropout always on",
    ),
    # Precision
    "float16": Answer(
        TF_MODEL,
        keras(THREE),
        8,
        "as far as float16 shows them",
        ("tf.keras.mixed_precision.set_global_policy('mixed_float16')",),
    ),
    "float16 within": Answer(
        TF_MODEL,
        keras(f"{THREE[:-1]}, dtype='float32')", "tf.keras.config.set_dtype_policy('mixed_float16')"),
        8,
        "as far as float16 shows them",
    ),
    "half": Answer(
        TORCH_MODEL, module("self.half()", forward=ONE_BY_ONE.format("x.half()")), 8, "as far as float16 shows them"
    ),
    "bfloat16": Answer(
        TORCH_MODEL,
        module("self.bfloat16()", forward=ONE_BY_ONE.format("x.bfloat16()")),
        8,
        "as far as bfloat16 shows them",
    ),
    "wrong in bfloat16": Answer(
        TORCH_MODEL,
        module(
            "self.bfloat16()", forward=ONE_BY_ONE.format("x.bfloat16()").replace("torch.relu", "nn.functional.gelu")
        ),
        5,
        "with GELU",
    ),
    "bfloat16 weights": Answer(
        TORCH_MODEL, module("self.bfloat16()"), 5, "inputs are float32, and the model is bfloat16"
    ),
    "double": Answer(TORCH_MODEL, module("self.double()", forward=ONE_BY_ONE.format("x.double()")), 8),
}


def with_cells(
    notebook: NotebookNode, early: Iterable[NotebookNode], late: Iterable[NotebookNode] = ()
) -> NotebookNode:
    at = notebook.cells.index(cell(notebook, "setup")) + 1
    notebook.cells[at:at] = early
    notebook.cells += late
    return notebook


def graded(grader: Grader, notebook: NotebookNode, path: Path) -> Graded:
    return grader.engine.grade(job_of(write(notebook, path), load_release(), Terms(), seed=1))


@pytest.fixture(scope="module")
def cells(grader: Grader, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """What is said of the cell that needs each row's name."""
    early = [
        new_code_cell(text)
        for number, (code, _) in enumerate(CELLS.values())
        for text in (f"{code}\nname_{number} = 1", f"name_{number}")
    ]
    notebook = write(with_cells(answered({}), early), tmp_path_factory.mktemp("causes") / "n.ipynb")
    # torch.compile imports for seconds.
    patient = Engine(
        replace(grader.sandbox.limits, step_seconds=20.0), start=lambda: InThisProcess(lambda: grader.sandbox)
    )
    outputs = patient.grade(job_of(notebook, load_release(), Terms(), seed=1)).outputs
    return {row: outputs[f"cell {2 * number + 4}"].problem for number, row in enumerate(CELLS)}


@pytest.mark.parametrize("row", CELLS)
def test_missing_name_is_joined_to_what_stopped_the_cell_that_defines_it(
    row: str, cells: dict[str, str | None]
) -> None:
    number, cause = list(CELLS).index(row), CELLS[row][1]
    if cause is None:
        assert cells[row] is None
        return
    told = cells[row] or ""
    assert f"name_{number} would have been defined in cell {2 * number + 3}, which stopped" in told
    assert cause in told


@pytest.mark.parametrize("row", ANSWERS)
def test_answer_keeps_its_points_or_is_told_the_cause(row: str, grader: Grader, tmp_path: Path) -> None:
    answer = ANSWERS[row]
    own = [new_code_cell(text) for text in answer.early]
    own += [new_markdown_cell(answer.markdown)] if answer.markdown else []
    own += [new_raw_cell(answer.raw)] if answer.raw else []
    notebook = with_cells(answered({answer.stub: answer.code}), own, map(new_code_cell, answer.late))
    result = graded(grader, notebook, tmp_path / "n.ipynb").result
    (question,) = (each for each in result.questions if each.task == answer.stub)
    told = "\n".join([question.message or "", *(each.message for each in question.criteria)])
    assert question.score == pytest.approx(answer.score), told
    assert answer.says in told
    assert question.score == POINTS[answer.stub] or told
