"""What a run's outcome becomes: questions, problems of cells, faults, and the pages of the judge's promises."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.assignment.questions import TASKS
from autograder.assignment.release import load_release
from autograder.assignment.settings import Frameworks, Terms
from autograder.grading.execution import Ending, Execution
from autograder.grading.grade import job_of
from autograder.grading.jobs import Job
from autograder.grading.judge_pages import budget_page, catalogue_page, detectable_page, shown_p, table
from autograder.grading.plan import PLAN
from autograder.grading.results import apply_framework_rule, fault, graded
from autograder.judge.budget import PROMISE, rows, total
from autograder.judge.catalogue import MISCONCEPTIONS
from autograder.notebook import Cell
from autograder.report.result import QuestionStatus
from autograder.sandbox import SandboxFault
from autograder.sandbox.client import Warm
from autograder.sandbox.protocol import Raised
from calibration.samplers import right
from calibration.simulate import initializer_evidence
from tests.support.samples import ROOT

WARM = Warm(dict.fromkeys(("python", "numpy", "torch", "tensorflow", "keras"), "1"), ("seccomp",))
RAISED = Ending(QuestionStatus.ERROR, "f raised ValueError.")


@pytest.fixture(scope="module")
def job() -> Job:
    release = load_release()
    return job_of(Path(release.notebook.path), release, Terms(), seed=7)


def executed() -> Execution:
    """TensorFlow's initializer is right; everything else raised."""
    evidence = initializer_evidence(right("normal"), np.random.default_rng(1), TASKS[0].layout)
    return Execution(WARM, {task.stub: RAISED for task in TASKS} | {TASKS[0].stub: evidence})


def test_result_has_every_question_with_its_points_and_says_what_graded_it(job: Job) -> None:
    result = graded(job, executed()).result
    assert [(q.task, q.score, q.max_score) for q in result.questions] == [
        (task.stub, 12.0 if task is TASKS[0] else 0.0, job.points[task.check]) for task in TASKS
    ]
    assert [(q.status, q.message) for q in result.questions[1:]] == [("error", "f raised ValueError.")] * 3
    assert result.sha256 == job.submission.sha256
    assert [w.max_score for w in result.written] == [job.points[w.grade_id] for w in job.submission.written]
    provenance = result.provenance
    assert provenance is not None
    assert (provenance.seed, provenance.confinement, provenance.torch) == (7, ("seccomp",), "1")
    assert len(provenance.grader_sha256) == 64


def test_better_framework_counts_only_where_the_course_says_so(job: Job) -> None:
    one = graded(job, executed())
    assert apply_framework_rule(job, one) is one
    better = replace(job, terms=Terms(frameworks=Frameworks.BETTER))
    assert apply_framework_rule(better, one).result.score == pytest.approx(24.0)
    broken = replace(one, result=fault(job.submission, SandboxFault("no")))
    assert apply_framework_rule(better, broken) is broken


def test_cells_that_raised_or_did_not_finish_are_listed_in_order_and_fifty_at_most(job: Job) -> None:
    own = tuple(Cell("code", f"  x = {n}\nmore", f"cell {n}", None, {}) for n in range(53))
    stub = Cell("code", "def f(): ...", TASKS[0].stub, TASKS[0].stub, {})
    submission = replace(job.submission, code=(stub, *own))
    done = executed()
    done.raised.update({n: Raised("ValueError", f"no {n}") for n in range(1, 53)})
    done.unfinished[0] = Ending(QuestionStatus.TIMEOUT, "It had not finished after 20 s.")
    problems = graded(replace(job, submission=submission), done).result.problems
    assert len(problems) == 51
    assert (problems[0].cell, problems[0].message) == (TASKS[0].stub, "It had not finished after 20 s.")
    assert (problems[1].cell, problems[1].message) == ("cell 0 (“x = 0”)", "ValueError: no 1")
    assert problems[-1].cell == "3 more"


def test_fault_is_told_with_its_place_unless_the_message_says_enough(job: Job) -> None:
    told = fault(job.submission, SandboxFault("the warm process is gone"))
    assert (told.status, told.fault, told.questions) == ("fault", "the warm process is gone", ())
    try:
        raise KeyError("x")
    except KeyError as problem:
        told = fault(job.submission, problem)
    assert told.fault is not None
    assert told.fault.startswith("KeyError: 'x' (test_results.py, line ")


# --- the pages of the judge's promises -------------------------------------------------------------------


def test_table_is_padded_and_aligned() -> None:
    assert table(("a", "long"), (("xxxxx", "1"),), right=(1,)) == [
        "| a     | long |",
        "| ----- | ---: |",
        "| xxxxx |    1 |",
    ]


def test_probabilities_are_shown_short() -> None:
    assert [shown_p(p) for p in (None, 0.0, 1.23e-9, 0.00099, 0.001, 0.5)] == [
        "",
        "0",
        "1.2e-09",
        "9.9e-04",
        "0.001",
        "0.500",
    ]


def test_budget_page_has_a_row_for_each_test_and_the_promise() -> None:
    page = budget_page(rows(PLAN)).splitlines()
    assert len(page) == len(rows(PLAN)) + 4
    cells = [cell.strip() for cell in page[2].replace("\\|", "").split("|")]
    assert cells[1:-1] == ["mean", "mean of a shape", "> 0.03 σ", "172,800", "1.7e-32", "12", "2.0e-31", "12.5"]
    assert page[-1].endswith("at most **9.9e-12** (promised: 1e-09).")


def test_page_of_the_judge_promises_what_the_budget_holds() -> None:
    page = (ROOT / "autograder/judge/README.md").read_text(encoding="utf-8")
    found = re.search(
        r"\n\n> \*\*A right submission loses anything at all with probability at most 10⁻(\S+)\*\*, both frameworks, "
        r"initializers and models\n> together\. The sum today is below 10⁻(\S+)\.\n\n",
        page,
    )
    assert found is not None
    promised, today = (
        10.0 ** -int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))) for power in found.groups()
    )
    assert promised == pytest.approx(PROMISE)
    assert total(rows(PLAN)) < today < promised


def test_catalogue_page_bounds_the_miss_of_every_mistake_of_scale() -> None:
    page = catalogue_page().splitlines()[2:]
    assert len(page) == len(MISCONCEPTIONS)
    bounds = {line.split("|")[1].strip(" `"): line.split("|")[-2].strip() for line in page}
    for entry in MISCONCEPTIONS:
        assert (bounds[entry.name] == "") == (entry.variance is None)
        assert entry.variance is None or float(bounds[entry.name]) <= 1e-9


def test_smallest_deviations_that_are_found_lie_just_beyond_the_thresholds() -> None:
    variance, shape, layer, mean = detectable_page().splitlines()[2:]
    assert "0.9902–1.0096 × 2/fan_in | below 0.9739 or above 1.0265 × 2/fan_in" in variance
    assert "5.0%" in shape
    assert "7.0%" in layer
    assert [each.strip() for each in mean.split("|")[4:6]] == ["within ±0.0156 σ", "beyond ±0.0444 σ"]
