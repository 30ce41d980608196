"""Feedback names a mistake, explains it and says what to look up, as far as the course's help level allows."""

from __future__ import annotations

import io
import json
import math
import re
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from rich.console import Console

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import TASKS, Kind, task
from autograder.assignment.settings import HelpLevel
from autograder.grading.scoring import better_of_the_two, score_task
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.law import HE
from autograder.report import html, markdown
from autograder.report.document import to_json
from autograder.report.figures import draw, number
from autograder.report.formats import Outcomes, gradescope, junit
from autograder.report.picture import SignalPicture, WeightsPicture
from autograder.report.result import QuestionResult, QuestionStatus, Result, question_text
from autograder.report.terminal import picture_text, print_result
from calibration.samplers import mistakes, right
from calibration.simulate import initializer_evidence, model_evidence
from tests.support.graders import Grader
from tests.support.samples import answered, write

TORCH = "def torch_he_normal_(weight):\n    fan_in = weight[0].numel()\n    "


@dataclass(frozen=True)
class Mistake:
    """What a student writes, and what the feedback says: what is wrong, why, and what to look up."""

    stub: str
    source: str
    wrong: str
    why: str
    look_up: str


TEN_MISTAKES = {
    "Glorot's variance": Mistake(
        "q7_torch_initializer",
        TORCH + "return nn.init.xavier_normal_(weight)",
        "Var(W) is 2/(fan_in+fan_out), Glorot's (Xavier's) variance",
        "ReLU halves the signal's mean square, and Glorot's variance does not make up for that",
        "He et al. (2015), section 2.2, equation 10",
    ),
    "the variance as standard deviation": Mistake(
        "q7_torch_initializer",
        TORCH + "with torch.no_grad():\n        return weight.normal_(0, 2 / fan_in)",
        "2/fan_in, which is the variance, was used as the standard deviation",
        "samplers ask for the standard deviation",
        "variance and standard deviation, and which of them your sampler takes",
    ),
    "fan_out for fan_in": Mistake(
        "q7_torch_initializer",
        TORCH + "return nn.init.kaiming_normal_(weight, mode='fan_out')",
        "Var(W) is 2/fan_out, the backward form of He's rule",
        "With fan_out, a layer with more outputs than inputs makes the signal smaller",
        "equations 10 and 14; the argument mode of torch.nn.init.kaiming_normal_",
    ),
    "a window left out": Mistake(
        "q7_torch_initializer",
        TORCH + "with torch.no_grad():\n        return weight.normal_(0, (2 / weight.shape[1]) ** 0.5)",
        "2/in_channels: each output also sums over the kernel's window",
        "fan_in is the number of terms that one output adds up",
        "the sum in the documentation of torch.nn.Conv2d",
    ),
    "uniform weights": Mistake(
        "q7_torch_initializer",
        TORCH + "return nn.init.kaiming_uniform_(weight)",
        "The weights follow a uniform distribution",
        "PyTorch's functions whose names end in normal_ have this form",
        "the two forms of He's initializer, normal and uniform",
    ),
    "a truncated normal that is not rescaled": Mistake(
        "q7_tf_initializer",
        "def tf_he_normal(shape):\n    fan_in = int(np.prod(shape[:-1]))\n"
        "    return tf.random.truncated_normal(shape, stddev=(2 / fan_in) ** 0.5)",
        "cut at two standard deviations and not rescaled",
        "Cutting off the tails takes variance away",
        "tf.keras.initializers.VarianceScaling",
    ),
    "a seed inside": Mistake(
        "q7_torch_initializer",
        TORCH + "torch.manual_seed(0)\n    return nn.init.kaiming_normal_(weight)",
        "The reason is a seed inside the function",
        "Equal seeds give equal numbers",
        "torch.manual_seed",
    ),
    "zeros": Mistake(
        "q7_torch_initializer",
        TORCH + "return nn.init.zeros_(weight)",
        "every weight is 0: that is a constant, not a random draw",
        "Units with equal weights compute the same output and get the same gradient",
        "symmetry breaking",
    ),
    "a new tensor for the one passed in": Mistake(
        "q7_torch_initializer",
        TORCH + "weight = torch.randn(weight.shape) * (2 / fan_in) ** 0.5\n    return weight",
        "The tensor passed in was not filled",
        "If you assign a new tensor to the argument's name, only the name changes",
        "Tensor.normal_, Tensor.copy_",
    ),
    "biases as they come": Mistake(
        "q7_torch_model",
        """class CustomModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 128), nn.Linear(128, 64), nn.Linear(64, 10)
        for layer in (self.fc1, self.fc2, self.fc3):
            nn.init.kaiming_normal_(layer.weight)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))""",
        "That is PyTorch's default, uniform between ±",
        "Random biases are not needed: the random weights already make the units different",
        "torch.nn.init.zeros_",
    ),
}


def plain(result: Result) -> str:
    console = Console(file=io.StringIO(), width=10_000, color_system=None)
    print_result(console, result)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", TEN_MISTAKES)
def test_each_of_ten_common_mistakes_is_named_explained_and_given_something_to_look_up(
    name: str, grader: Grader, tmp_path: Path
) -> None:
    mistake = TEN_MISTAKES[name]
    path = write(answered({mistake.stub: mistake.source}), tmp_path / "notebook.ipynb")
    result = grader.grade(path, 1)
    (question,) = [q for q in result.questions if q.grade_id == f"{mistake.stub}_check"]
    assert 0.0 <= question.score < question.max_score
    for said in (plain(result), html.render([result]).replace("&#39;", "'"), " ".join(question_text(question).split())):
        for words in (mistake.wrong, mistake.why, mistake.look_up):
            assert words in said


def judged(
    entry: str | None, level: HelpLevel = HelpLevel.EXPLAIN, name: str = "q7_torch_initializer"
) -> QuestionResult:
    makers = {label.partition(":")[0]: make for label, make in mistakes(MISCONCEPTIONS).items()}
    asked = task(name)
    if asked.kind is Kind.MODEL:
        generator = np.random.default_rng(2)
        evidence = model_evidence(generator, asked.layout, "normal", BY_NAME[entry] if entry else None)
    else:
        make = makers[entry] if entry else right("normal")
        found = initializer_evidence(make, np.random.default_rng(1), asked.layout)
        evidence = replace(found, fill=2.5) if asked.layout is Layout.TORCH else found
    return score_task(asked, evidence, 12.0, level)


def reports_on(*questions: QuestionResult) -> dict[str, str]:
    """Return every report's text on a result of these questions."""
    result = Result("a.ipynb", "0" * 64, "graded", questions)
    one = Outcomes([result], [], single=True)
    of_gradescope = json.loads(gradescope.render(one) or "")
    found = {
        "terminal": plain(result),
        "html": html.render([result]).replace("&#39;", "'"),
        "markdown": markdown.render([result]).replace("\\", ""),
        "gradescope": " ".join(each["output"] for each in [of_gradescope, *of_gradescope["tests"]]).replace("\\", ""),
        "junit": junit.render(one),
    }
    if len(questions) == 1:
        found["check"] = html.render_question(questions[0]).replace("&#39;", "'")
        found["text"] = " ".join(question_text(questions[0]).split())
    return found


#: What each level says, by words that no level below it has.
LEVELS = {
    HelpLevel.NAME: "He's variance used as a standard deviation",
    HelpLevel.EXPLAIN: "The variance is the square of the standard deviation",
    HelpLevel.FORMULA: "std(w) = √(2/fan_in)",
}


@pytest.mark.parametrize("level", LEVELS)
def test_help_goes_as_far_as_the_course_says_in_every_report(level: HelpLevel) -> None:
    for name, said in reports_on(judged("std_2_over_fan_in", level)).items():
        assert LEVELS[HelpLevel.NAME] in said, name
        assert (LEVELS[HelpLevel.EXPLAIN] in said) == (level != HelpLevel.NAME), name
        assert (LEVELS[HelpLevel.FORMULA] in said) == (level == HelpLevel.FORMULA), name
        assert "which of them your sampler takes" in said, name  # what to look up


def test_json_is_the_same_contract_whatever_is_drawn_and_explained() -> None:
    question = to_json(Result("a.ipynb", "0" * 64, "graded", (judged("lecun", HelpLevel.FORMULA),)))["questions"][0]
    assert set(question) == {
        *("grade_id", "status", "score", "max_score", "message", "criteria"),
        *("task", "title", "framework", "kind"),
    }
    assert set(question["criteria"][0]) == {
        *("name", "status", "points", "max_points", "asks", "message"),
        *("diagnosis", "measured", "expected", "p_value", "look_up", "mistake"),
    }


def test_every_mistake_has_a_name_a_reason_and_something_to_look_up() -> None:
    for entry in MISCONCEPTIONS:
        assert entry.title or not entry.variance, entry.name
        lesson = entry.lesson.of(HE)
        assert 40 < len(lesson.why) < 300, entry.name
        assert lesson.look_up, entry.name
        for text in (lesson.why, lesson.formula or "", entry.title):
            for code in ("normal_(", "tf.random.", "randn(", "def ", "return w"):
                assert code not in text, entry.name


def test_an_explanation_is_given_once_for_a_mistake_that_shows_twice() -> None:
    question = judged("lecun")
    failed = [c for c in question.criteria if c.diagnosis == "lecun"]
    assert len(failed) == 2
    assert re.search(r"mean square by 0\.\d+; after ten, 0\.000\d+ of it is left", failed[0].effect)
    for name, said in reports_on(question).items():
        assert said.count("makes up for exactly that, whatever the layer's size") == 1, name


@pytest.mark.parametrize("check", [t.stub for t in TASKS])
def test_a_figure_is_small_theme_proof_and_says_in_words_what_it_shows(check: str) -> None:
    for entry in (None, "glorot_normal", "unscaled"):
        picture = judged(entry, name=check).picture
        assert picture is not None
        figure = draw(picture)
        root = ElementTree.fromstring(figure.svg)
        assert (root.get("role"), root.get("aria-label")) == ("img", figure.alt)
        assert len(figure.svg) < 25_000
        assert "currentColor" in figure.svg
        assert "#000000" not in figure.svg
        assert "<style" not in figure.svg
        assert "http" not in figure.svg.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert draw(copy(picture)).svg == figure.svg


def test_a_figure_is_the_same_whatever_a_notebook_has_set_for_its_own(recwarn: pytest.WarningsRecorder) -> None:
    picture = judged("lecun").picture
    before = draw.__wrapped__(picture)
    with mpl.rc_context(
        {"figure.constrained_layout.use": True, "font.size": 30, "axes.grid": True, "lines.marker": "x"}
    ):
        assert draw.__wrapped__(picture) == before
        assert mpl.rcParams["font.size"] == 30
    assert not recwarn


def test_figures_on_one_page_share_no_ids() -> None:
    svgs = [draw(judged(entry, name="q7_torch_model").picture).svg for entry in ("lecun", "unscaled")]
    one, other = ({e.get("id") for e in ElementTree.fromstring(svg).iter() if e.get("id")} for svg in svgs)
    assert one
    assert not one & other


def test_the_picture_of_an_initializer_holds_what_was_measured_of_each_shape() -> None:
    picture = judged("glorot_normal").picture
    assert isinstance(picture, WeightsPicture)
    for shape in picture.shapes:
        inputs, outputs = (int(n) for n in shape.kernel.partition(",")[0].split("→"))
        window = math.prod(int(n) for n in shape.kernel.partition(", ")[2].removesuffix(" window").split("×") if n)
        fan_in, fan_out = inputs * window, outputs * window
        assert shape.expected == pytest.approx(math.sqrt(2 / fan_in))
        assert shape.measured == pytest.approx(math.sqrt(2 / (fan_in + fan_out)), rel=0.03)
    width = (picture.high - picture.low) / len(picture.density)
    assert sum(picture.density) * width == pytest.approx(1.0, abs=0.01)
    centres = [picture.low + width * (i + 0.5) for i in range(len(picture.density))]
    second = sum(d * c * c for d, c in zip(picture.density, centres, strict=True)) * width
    assert math.sqrt(second) == pytest.approx(picture.shapes[picture.shown].measured, rel=0.05)


@pytest.mark.parametrize(("entry", "per_layer"), [(None, 1.0), ("lecun", 0.5), ("four_over_fan_in", 2.0)])
def test_the_picture_of_a_model_follows_the_theory(entry: str | None, per_layer: float) -> None:
    picture = judged(entry, name="q7_tf_model").picture
    assert isinstance(picture, SignalPicture)
    expected = (1.0, per_layer, per_layer**2, 2.0 * per_layer**3)
    for mean, theory in zip(picture.mean, expected, strict=True):
        assert abs(math.log(mean / theory)) < 4 * math.sqrt(5 * (1 / 128 + 1 / 64 + 1 / 10) / 4)
    assert picture.predicted[:3] == ((1.0, 1.0),) * 3


def test_nothing_is_pictured_where_there_is_nothing_to_compare() -> None:
    assert judged("constant").picture is None
    assert judged("returned_none").picture is None


def test_a_terminal_gets_the_figures_as_text() -> None:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    console.print(picture_text(judged("lecun").picture))
    console.print(picture_text(judged("lecun", name="q7_torch_model").picture))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.count("0.707") >= 2
    assert "◆" in said
    assert "The weights of hidden layer 1 and hidden layer 2 are wrong." in said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.5, "0.5"), (0.016234, "0.0162"), (2041.3, "2040"), (8.6e-4, "8.6e-4"), (3.2e6, "3.2e6")],
)
def test_numbers_are_written_to_three_figures(value: float, said: str) -> None:
    assert number(value) == said


def question(name: str, score: float) -> QuestionResult:
    points = 12.0 if name.endswith("initializer") else 8.0
    return QuestionResult.of(task(f"q7_{name}"), QuestionStatus.GRADED, score, points)


NAMES = ("tf_initializer", "tf_model", "torch_initializer", "torch_model")


@pytest.mark.parametrize(
    ("scores", "raised"),
    [
        ((12, 8, 12, 8), (12, 8, 12, 8)),
        ((0, 0, 12, 8), (12, 8, 12, 8)),
        ((12, 0, 6, 8), (12, 2, 6, 8)),
        ((6, 4, 0, 0), (6, 4, 6, 4)),
        ((0, 0, 0, 0), (0, 0, 0, 0)),
        ((12, 3, 12, 3), (12, 3, 12, 3)),
    ],
)
def test_the_better_framework_counts_for_both_and_nobody_loses(
    scores: tuple[float, ...], raised: tuple[float, ...]
) -> None:
    before = [question(name, score) for name, score in zip(NAMES, scores, strict=True)]
    after = better_of_the_two(before)
    assert tuple(q.score for q in after) == pytest.approx(raised)
    for old, new in zip(before, after, strict=True):
        assert (new.message is not None) == (new.score > old.score)
        assert new.message is None or "the better of the two frameworks counts for both" in new.message


def test_a_mistake_of_an_initializer_and_of_a_model_is_told_in_the_same_words() -> None:
    one, other = (judged("lecun", name=name) for name in ("q7_tf_initializer", "q7_tf_model"))
    (mistake,) = Result("a.ipynb", "0" * 64, "graded", (one, other)).mistakes
    told = dict(mistake.help)
    assert mistake.parts == ("Part 1", "Part 2")
    assert [heading for heading, text in told.items() if text.startswith("In ")] == ["Effect"]
    assert told["Effect"].startswith("In Part 1: A ReLU layer of such weights")
