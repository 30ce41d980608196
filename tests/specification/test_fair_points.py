"""The points measure He: what each submission earns lies within the bounds that a fair teacher would set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tests.support.codes import cell_of
from tests.support.graders import Grader
from tests.support.samples import answered, scenario, write

TF, TF_MODEL, TORCH, TORCH_MODEL = "q7_tf_initializer", "q7_tf_model", "q7_torch_initializer", "q7_torch_model"
INITIALIZERS, MODELS = (TF, TORCH), (TF_MODEL, TORCH_MODEL)

DEFAULT_KERAS_MODEL = """
import tensorflow as tf
def build_tf_model():
    dense = tf.keras.layers.Dense
    return tf.keras.Sequential([tf.keras.Input((64,)), dense(128, 'relu'), dense(64, 'relu'), dense(10, 'softmax')])
"""
DEFAULT_TORCH_MODEL = """
import torch
from torch import nn
class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: a submission, and the fewest and most points of all or of some of its questions.

    ``folder`` is one of `submissions/`; or ``cells`` are put into the released notebook. ``total`` are bounds of all 40
    points, and ``parts`` of each question. ``says`` is what the student must read.
    """

    name: str
    folder: str | None = None
    cells: dict[str, str] = field(default_factory=dict)
    total: tuple[float, float] = (0, 40)
    parts: dict[str, tuple[float, float]] = field(default_factory=dict)
    says: str = ""

    def build(self) -> NotebookNode:
        return scenario(self.folder).build() if self.folder else answered(self.cells)


def everywhere(name: str, deviation: str, least: float, most: float) -> Row:
    """Normal weights of this deviation in all four parts. ``n`` is fan_in, and ``m`` fan_out."""
    keras_fans = "m = n // shape[-2] * shape[-1]; "
    torch_fans = "m = n // weight.shape[1] * len(weight); "
    cells = {
        TF: cell_of(TF, f"{keras_fans}return tf.random.normal(shape, stddev={deviation})"),
        TF_MODEL: cell_of(TF_MODEL, f"n, m = shape; return tf.random.normal(shape, stddev={deviation})"),
        TORCH: cell_of(TORCH, f"{torch_fans}return weight.normal_(0, {deviation})"),
        TORCH_MODEL: cell_of(TORCH_MODEL, f"m, n = layer.weight.shape; layer.weight.normal_(0, {deviation})"),
    }
    return Row(name, cells=cells, total=(least, most))


def initializers(name: str, keras: str, torch: str, least: float, most: float) -> Row:
    """Two initializers, of at most 12 points each."""
    cells = {TF: cell_of(TF, keras), TORCH: cell_of(TORCH, torch)}
    return Row(name, cells=cells, parts=dict.fromkeys(cells, (least, most)))


def in_the_models(name: str, keras: str, torch: str) -> Row:
    """Two wrong initializers that models call for all layers: half of these models' variance points are left."""
    cells = {
        TF: cell_of(TF, keras),
        TF_MODEL: cell_of(TF_MODEL, "return tf_he_normal(shape)", output="he"),
        TORCH: cell_of(TORCH, torch),
        TORCH_MODEL: cell_of(TORCH_MODEL, "torch_he_normal_(layer.weight)"),
    }
    return Row(name, cells=cells, parts=dict.fromkeys(MODELS, (6.5, 7.5)), says="loses points for the same mistake")


def keras_model(body: str) -> str:
    return "import tensorflow as tf\nD = tf.keras.layers.Dense\nHE = 'he_normal'\ndef build_tf_model():\n" + body


ROWS = [
    Row(
        "randn without a scale, and the frameworks' default models",
        cells={
            TF: cell_of(TF, "return tf.random.normal(shape)"),
            TF_MODEL: DEFAULT_KERAS_MODEL,
            TORCH: cell_of(TORCH, "return weight.normal_()"),
            TORCH_MODEL: DEFAULT_TORCH_MODEL,
        },
        total=(0, 14),
    ),
    Row("Glorot in all four parts, as the frameworks call it", folder="glorot", total=(0, 17)),
    everywhere("Glorot in all four parts, written out", "math.sqrt(2 / (n + m))", 0, 17),
    everywhere("fan_out in all four parts", "math.sqrt(2 / m)", 0, 17),
    everywhere("2/fan_in as the deviation in all four parts", "2 / n", 0, 17),
    everywhere("LeCun in all four parts: the factor 2 is forgotten", "math.sqrt(1 / n)", 16, 26),
    everywhere("He in all four parts", "math.sqrt(2 / n)", 40, 40),
    initializers(
        "a truncated normal whose deviation is not corrected",
        "return tf.random.truncated_normal(shape, stddev=s)",
        "return nn.init.trunc_normal_(weight, std=s, a=-2 * s, b=2 * s)",
        8.5,
        11,
    ),
    initializers(
        "the gain of a leaky ReLU with slope 0.2",
        "return tf.random.normal(shape, stddev=math.sqrt(2 / (1.04 * n)))",
        "return nn.init.kaiming_normal_(weight, a=0.2, nonlinearity='leaky_relu')",
        8.5,
        11,
    ),
    initializers(
        "right on dense kernels, and without the window's area on convolutions",
        "return tf.random.normal(shape, stddev=math.sqrt(2 / shape[-2]))",
        "return weight.normal_(0, math.sqrt(2 / weight.shape[1]))",
        7,
        9.5,
    ),
    Row(
        "He uniform in all four parts",
        folder="he_uniform",
        total=(34, 37),
        says="a normal or truncated normal is asked for",
    ),
    Row(
        "a PyTorch tensor that is returned and not filled",
        cells={TORCH: cell_of(TORCH, "return torch.randn_like(weight) * s")},
        parts={TORCH: (1, 7)},
    ),
    Row(
        "a transposed Keras kernel",
        cells={TF: cell_of(TF, "return tf.random.normal(shape[::-1], stddev=s)")},
        parts={TF: (4, 8)},
    ),
    Row(
        "models without ReLU",
        cells={
            TF_MODEL: keras_model(
                "    return tf.keras.Sequential([tf.keras.Input((64,)), D(128, kernel_initializer=HE),\n"
                "        D(64, kernel_initializer=HE), D(10, 'softmax', kernel_initializer=HE)])\n"
            ),
            TORCH_MODEL: cell_of(
                TORCH_MODEL, "layer.weight.normal_(0, s)", forward="return self.fc3(self.fc2(self.fc1(x)))"
            ),
        },
        parts=dict.fromkeys(MODELS, (1, 5)),
    ),
    Row(
        "models with biases that are not zero",
        cells={
            TF_MODEL: keras_model(
                "    b = tf.keras.initializers.RandomUniform(-0.1, 0.1)\n"
                "    return tf.keras.Sequential([tf.keras.Input((64,)),\n"
                "        D(128, 'relu', kernel_initializer=HE, bias_initializer=b),\n"
                "        D(64, 'relu', kernel_initializer=HE, bias_initializer=b),\n"
                "        D(10, 'softmax', kernel_initializer=HE, bias_initializer=b)])\n"
            ),
            TORCH_MODEL: cell_of(TORCH_MODEL, "layer.reset_parameters(); layer.weight.normal_(0, s)"),
        },
        parts=dict.fromkeys(MODELS, (6, 7)),
    ),
    in_the_models(
        "models that call LeCun initializers",
        "return tf.random.normal(shape, stddev=s / math.sqrt(2))",
        "return weight.normal_(0, s / math.sqrt(2))",
    ),
    in_the_models(
        "models that call initializers without a scale",
        "return tf.random.normal(shape)",
        "return weight.normal_()",
    ),
    Row(
        "a PyTorch model that calls an initializer which fills nothing",
        cells={
            TORCH: cell_of(TORCH, "return torch.randn_like(weight) * s"),
            TORCH_MODEL: cell_of(TORCH_MODEL, "torch_he_normal_(layer.weight)"),
        },
        parts={TORCH_MODEL: (6.5, 6.5)},
        says="does not fill the tensor that is passed",
    ),
    Row("the reference solution", folder="reference", total=(40, 40)),
    Row("the frameworks' own initializers", folder="library_one_liners", total=(40, 40)),
    Row("everything from scratch", folder="from_scratch", total=(40, 40)),
    initializers(
        "Box–Muller without an epsilon",
        "u, v = tf.random.uniform(shape), tf.random.uniform(shape); "
        "return tf.sqrt(-2 * tf.math.log(u)) * tf.cos(2 * math.pi * v) * s",
        "u, v = torch.rand_like(weight), torch.rand_like(weight); "
        "return weight.copy_(torch.sqrt(-2 * torch.log(u)) * torch.cos(2 * math.pi * v) * s)",
        11,
        12,
    ),
    initializers(
        "Box–Muller, unlucky: one number is infinite",
        "w = tf.random.normal(shape, stddev=s).numpy(); w.flat[0] = math.inf; return tf.constant(w)",
        "weight.normal_(0, s).view(-1)[0] = math.inf; return weight",
        11,
        12,
    ),
    initializers(
        "erfinv without an epsilon",
        "return tf.math.erfinv(tf.random.uniform(shape, -1, 1)) * math.sqrt(2) * s",
        "return weight.uniform_(-1, 1).erfinv_().mul_(math.sqrt(2) * s)",
        11,
        12,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_points_lie_within_a_fair_teachers_bounds(row: Row, grader: Grader, tmp_path: Path) -> None:
    result = grader.grade(write(row.build(), tmp_path / "row.ipynb"), seed=17)
    told = "\n".join(
        f"{question.task} {question.score:.2f} {question.message} "
        + "".join(f"\n  {c.status} {c.name} {c.points:.2f}: {c.message}" for c in question.criteria)
        for question in result.questions
    )
    least, most = row.total
    assert least <= result.score <= most, told
    assert row.says in told
    for question in result.questions:
        least, most = row.parts.get(question.task, (0, 12))
        assert least <= question.score <= most, told
