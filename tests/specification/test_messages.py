"""`messages.md` lists every message of the judge once, as students read it, with masked numbers.

After an intended change, run UPDATE_MESSAGES=1 pytest tests/specification/test_messages.py and read the difference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from autograder.assignment.kernels import Layout
from autograder.assignment.questions import task
from autograder.judge import model
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.criteria import CRITERIA
from autograder.judge.evidence import Draw, InitializerEvidence, ModelBuild, ModelEvidence, Parameter
from autograder.judge.judging import Verdict, judge
from autograder.judge.law import HE
from calibration.samplers import Initializer, Maker, came_back, mistakes, right
from calibration.simulate import initializer_evidence, model_evidence

#: Every criterion of an initializer and of a model, in order.
INITIALIZER, MODEL = tuple(task("q7_torch_initializer").weights), tuple(task("q7_torch_model").weights)
GOLDEN = Path(__file__).parent / "messages.md"


def initializers() -> Iterator[tuple[str, InitializerEvidence]]:
    def found(make: Maker, layout: Layout = Layout.KERAS) -> InitializerEvidence:
        return initializer_evidence(make, np.random.default_rng(1), layout)

    def described(change: Callable[[Draw], Draw], layout: Layout = Layout.TORCH) -> InitializerEvidence:
        plain = found(right("normal"), layout)
        return replace(plain, fill=2.5, rounds=tuple(tuple(change(d) for d in draws) for draws in plain.rounds))

    yield "right", found(right("normal"))
    yield "right", replace(found(right("truncated normal"), Layout.TORCH), fill=2.5)
    for label, make in mistakes(MISCONCEPTIONS).items():
        yield label.partition(":")[0], found(make)
    yield "raised", described(lambda d: Draw(d.kernel, "nothing", error="ValueError: no") if d.kernel.window else d)
    yield "returned_other", described(lambda d: Draw(d.kernel, "Dense"))
    yield "dtype_other", described(lambda d: replace(d, dtype="bfloat16", returned=None))
    yield "wrong_shape", described(lambda d: replace(d, shape=(1, 2), returned=None))
    yield "not_in_place", described(lambda d: replace(d, same=False, passed=np.full_like(d.returned, 2.5)))
    yield "returned_none", described(lambda d: Draw(d.kernel, "None", passed=np.full_like(d.returned, 2.5)))
    yield "returned_none", described(lambda d: Draw(d.kernel, "None", passed=d.returned))
    yield "returned_another", described(lambda d: replace(d, same=False, passed=d.returned + 1))
    plain = described(lambda d: d)
    yield "right", plain
    failing = Draw(plain.rounds[0][0].kernel, "nothing", error="RuntimeError: a leaf Variable that requires grad")
    yield "needs_no_grad", replace(plain, on_parameter=failing)
    only_dense = described(lambda d: Draw(d.kernel, "nothing", error="ValueError: no") if d.kernel.window else d)
    yield "raised", only_dense

    def own_law(power: float) -> Maker:
        def make(rng: np.random.Generator) -> Initializer:
            return lambda k, layout: came_back(
                k, layout, (rng.standard_normal(k.in_layout(layout)) * k.fan_in**power).astype(np.float32)
            )

        return make

    yield "unknown_variance", found(own_law(-0.8))
    yield (
        "unknown_distribution",
        found(
            lambda rng: (
                lambda k, layout: came_back(
                    k, layout, (rng.standard_t(4, k.in_layout(layout)) / k.fan_in**0.5).astype(np.float32)
                )
            )
        ),
    )


def models() -> Iterator[tuple[str, ModelEvidence]]:
    def found(entry: str | None = None, layout: Layout = Layout.TORCH) -> ModelEvidence:
        return model_evidence(np.random.default_rng(2), layout, "normal", BY_NAME[entry] if entry else None)

    def changed(change: Callable[[ModelBuild], ModelBuild], layout: Layout = Layout.TORCH) -> ModelEvidence:
        plain = found(layout=layout)
        return replace(plain, builds=tuple(change(b) for b in plain.builds))

    def parameters(change: Callable[[Parameter], Parameter], layout: Layout = Layout.TORCH) -> ModelEvidence:
        return changed(lambda b: replace(b, parameters=tuple(change(p) for p in b.parameters)), layout)

    def scaled(name: str, factor: float, shift: float = 0.0) -> Callable[[Parameter], Parameter]:
        return lambda p: replace(p, values=p.values * np.float32(factor) + np.float32(shift)) if p.name == name else p

    yield "right", found()
    yield "right", found(layout=Layout.KERAS)
    for entry in ("glorot_normal", "lecun", "fan_out", "unscaled"):
        yield entry, found(entry)
    yield "not_a_model", changed(lambda b: replace(b, kind="NoneType", parameters=None))
    yield "forward_error", changed(lambda b: replace(b, parameters=(), forward_error="ValueError: no"))
    yield "forward_error", changed(lambda b: replace(b, outputs=None, forward_error="ValueError: no"))
    yield "wrong_layers", changed(lambda b: replace(b, parameters=b.parameters[:4]))
    yield "untracked", changed(lambda b: replace(b, parameters=(), untracked=True), Layout.KERAS)
    yield "remade_layers", changed(lambda b: replace(b, parameters=(), varies=True))
    extra = Parameter("norm.weight", (128,), np.ones(128, np.float32))
    yield "extra_layers", changed(lambda b: replace(b, parameters=(*b.parameters, extra)))
    yield "layer_names", parameters(lambda p: replace(p, name=p.name.replace("fc1", "hidden")))
    yield "not_finite", parameters(scaled("fc1.weight", np.nan))
    yield "wrong_forward", changed(lambda b: replace(b, outputs=b.outputs + 1))
    yield "random_forward", changed(lambda b: replace(b, outputs=b.outputs + 1, varies=True))
    yield "constant", parameters(scaled("fc1.weight", 0.0))
    zeros = np.zeros((48, 10), np.float32)
    nothing = parameters(lambda p: replace(p, values=np.zeros(p.shape, np.float32)))
    yield (
        "constant",
        replace(
            nothing,
            builds=tuple(
                replace(b, outputs=zeros[: len(x)]) for b, x in zip(nothing.builds, nothing.inputs, strict=True)
            ),
        ),
    )
    first = found().builds[0]
    yield "right", changed(lambda b: replace(b, parameters=first.parameters))
    yield "mean_not_zero", parameters(scaled("fc1.weight", 1.0, 0.05))
    yield (
        "only_first_layer",
        parameters(
            lambda p: (
                replace(
                    p,
                    values=np.random.default_rng(int(p.values.sum() * 1e6) % 2**32)
                    .uniform(-0.0884, 0.0884, (64, 128))
                    .astype(np.float32),
                )
                if p.name == "fc2.weight"
                else p
            )
        ),
    )
    yield "pytorch_default", parameters(scaled("fc3.weight", 1.0))
    yield "mean_not_zero", parameters(scaled("fc3.weight", 0.9, 0.1))
    yield "constant", parameters(scaled("fc3.weight", 0.0))
    yield "unknown_variance", parameters(scaled("fc2.weight", 1.1))
    yield "unknown_variance", parameters(scaled("fc3.weight", 3.0))
    yield "no_bias", changed(lambda b: replace(b, parameters=tuple(p for p in b.parameters if p.name != "fc2.bias")))
    yield "bias_not_zero", parameters(scaled("fc2.bias", 1.0, 0.5))
    yield "bias_default", parameters(scaled("fc1.bias", 1.0, 0.12))

    def activated(hidden: str, last: str) -> ModelEvidence:
        plain = found()
        measured, ending = model.ModelMeasurements(plain), model.LAST_ACTIVATIONS[last]
        builds = [
            replace(b, outputs=ending(model.hidden_pass(layers, x, [hidden, hidden])).astype(np.float32))
            for b, layers, x in zip(plain.builds, measured.builds, plain.inputs, strict=True)
        ]
        return replace(plain, builds=tuple(builds))

    yield "wrong_activation", activated("tanh", "softmax")


def masked(text: str) -> str:
    """The message with its measured figures as #; tolerances and the catalogue's own words keep theirs."""
    kept = sorted({m.says for m in MISCONCEPTIONS if m.says in text}, key=len, reverse=True)
    kept += re.findall(r"accepted:? [^)]*", text)
    for number, says in enumerate(kept):
        text = text.replace(says, f"\0{chr(0xE000 + number)}\0")
    text = re.sub(
        r"[+-]?\d+\.\d+(e[+-]?\d+)?|[+-]?\d+e[+-]?\d+|\d{1,3}(,\d{3})+|\b\d{1,4}(?=[→%]|( in| out)puts)|(?<=→)\d+"
        r"|\b\d+(?= × )",
        "#",
        text,
    )
    for number, says in enumerate(kept):
        text = text.replace(f"\0{chr(0xE000 + number)}\0", says)
    return re.sub(r"[(]All shapes, inputs→outputs: .*?[.][)]", "(All shapes: …)", text)


@cache
def collected() -> dict[str, dict[str, dict[str, str]]]:
    """Messages by judge, criterion and what was found."""
    said: dict[str, dict[str, dict[str, str]]] = {}

    def note(judge: str, label: str, verdicts: list[Verdict]) -> None:
        for v in verdicts:
            of_criterion = said.setdefault(judge, {}).setdefault(v.name, {"asks": v.asks})
            found = v.finding.diagnosis or v.status
            if v.status == "skipped":
                found = "skipped" if "left nothing to measure" in v.finding.message else "skipped too"
            if v.status == "failed" or label == "right" or v.status == "skipped":
                of_criterion.setdefault(found, masked(v.finding.message))

    for label, evidence in initializers():
        note("Initializers", label, judge(evidence, INITIALIZER))
    for label, evidence in models():
        note("Models", label, judge(evidence, MODEL))
    return said


def page(said: dict[str, dict[str, dict[str, str]]]) -> str:
    lines = [
        "# What students read",
        "",
        "Every criterion and every message of the judge, once; figures are masked.",
        "",
    ]
    for subject, criteria in said.items():
        lines += [f"## {subject}", ""]
        for name, messages in criteria.items():
            lines += [f"### `{name}`", "", messages["asks"], ""]
            lines += [f"- **{found}**: {message}" for found, message in messages.items() if found != "asks"] + [""]
    lines += ["## Lessons", "", "How far they are shown, course.toml says; where to read on is always shown.", ""]
    for lesson in dict.fromkeys(m.lesson.of(HE) for m in MISCONCEPTIONS):
        names = ", ".join(f"`{m.name}`" for m in MISCONCEPTIONS if m.lesson.of(HE) == lesson)
        lines += [f"### {lesson.look_up}", "", f"- **for** {names}", f"- **why**: {lesson.why}"]
        lines += [f"- **change**: {lesson.change}"]
        lines += [f"- **formula**: {lesson.formula}"] if lesson.formula else []
        lines += [""]
    lines += [
        "## Names",
        "",
        "What a summary calls a mistake, and what is said where help only names it: “This looks like ….”",
        "",
    ]
    lines += [f"- `{m.name}`: {m.called(HE)}" for m in MISCONCEPTIONS] + [""]
    return "\n".join(lines)


@pytest.mark.slow
def test_every_message_is_as_it_was_read_and_approved() -> None:
    text = page(collected())
    if os.environ.get("UPDATE_MESSAGES"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8"), "UPDATE_MESSAGES=1 writes it anew; read the difference"


@pytest.mark.slow
def test_every_criterion_and_every_diagnosis_has_its_message() -> None:
    said = collected()
    assert set(said["Initializers"]) == set(INITIALIZER)
    assert set(said["Models"]) == set(MODEL)
    shown = {found for criteria in said.values() for messages in criteria.values() for found in messages}
    only_twins = {"shape_0", "shape_1", "shape_last"}  # always named with, or as, the one that they coincide with
    rarely = {"triangular_distribution", "clipped_normal_distribution"}  # too near to a truncated normal on their own
    assert set(BY_NAME) - shown <= only_twins | rarely


#: What the task asks students to work out: the standard deviation, the fan_in of a convolution, and the correction of a
#: truncated normal.
WORKED_OUT = re.compile(r"√\(2/fan_in\)|kh ?· ?kw ?· ?in|0\.8796")


def test_only_the_formula_of_a_lesson_says_what_students_should_work_out() -> None:
    """So a course's help levels `name` and `explain` leave it to them, and `formula` does not."""
    criteria = [each.asks.format(law=HE) for each in CRITERIA.values()]
    for entry in MISCONCEPTIONS:
        lesson = entry.lesson.of(HE)
        for text in (entry.says, entry.called(HE), lesson.look_up, lesson.why, lesson.change):
            assert not WORKED_OUT.search(text), entry.name
    assert not [text for text in criteria if WORKED_OUT.search(text)]
    for name in ("unscaled", "kernel_area_ignored", "truncated_uncorrected"):
        assert WORKED_OUT.search(BY_NAME[name].lesson.of(HE).formula or ""), name


@pytest.mark.slow
def test_no_message_says_what_students_should_work_out() -> None:
    for criteria in collected().values():
        for messages in criteria.values():
            assert not [message for message in messages.values() if WORKED_OUT.search(message)]


def test_no_message_says_more_than_a_student_can_use() -> None:
    for criteria in collected().values():
        for messages in criteria.values():
            for message in messages.values():
                assert len(message) < 700
                assert "  " not in message
                assert not re.search(r"\bnan\b|Traceback|<[a-z]+ object", message), message
