"""nbgrader's own commands work from the release to returned feedback, on SQLite and on PostgreSQL."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.assignment.questions import TASKS, WRITTEN
from autograder.nbgrader_bridge.submitted_outputs import NOTE, NOTHING
from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course, Scores
from tests.support.figures import MEASURING
from tests.support.missing import need
from tests.support.postgresql import postgresql, programs
from tests.support.samples import PNG, SOLUTION, answered, cell, scenario

pytestmark = [pytest.mark.slow, pytest.mark.frameworks]

CHECKS = tuple(task.check for task in TASKS)
#: Everybody's Q7, in the order of its four parts, and which of Q1–Q6 wait for a person.
EXPECTED = {
    "perfect": ([12.0, 8.0, 12.0, 8.0], WRITTEN),
    "untouched": ([0.0, 0.0, 0.0, 0.0], ()),
    "partial": ([0.0, 6.75, 2.0, 6.75], ()),
    "erroring": ([0.0, 0.0, 0.0, 8.0], ()),
    "looping": ([0.0, 0.0, 12.0, 8.0], WRITTEN),
    "attacker": ([0.0, 0.0, 0.0, 0.0], WRITTEN),
    "missing": ([12.0, 8.0, 12.0, 0.0], WRITTEN[1:]),
    "unreadable": ([0.0, 0.0, 0.0, 0.0], ()),
}
NAMES = {
    "perfect": ("O'Hara, née “Quote”", 'Ann "Annie"'),
    "partial": ("Müller", "Zoë, Maria"),
}


def own_work(notebook: NotebookNode) -> NotebookNode:
    """Add cells of the student's own that print, draw, and try to run a script in the grader's browser."""
    notebook.cells.append(
        new_code_cell("import matplotlib.pyplot as plt\nplt.plot([0, 1])\nprint('<script>alert(1)</script> \\x1b[2J')")
    )
    notebook.cells.append(new_markdown_cell("<img src=x onerror=alert(1)><script>alert(2)</script> **mine**"))
    cell(notebook, "q1").source += "\n\n<script>document.title = 'attacked'</script> and $a < b$"
    # What the student's own run of a measuring cell showed.
    cell(notebook, "q1_see").outputs = [
        new_output("stream", name="stdout", text="norm <b>0.1</b>"),
        new_output("display_data", data={"image/png": PNG, "text/html": "<script>alert(3)</script>"}),
    ]
    return notebook


def forged() -> NotebookNode:
    """Wrong code, and every known trick of metadata that would have earned it full points."""
    notebook = answered({f"q{n}": f"An answer to question {n}." for n in range(1, 7)}, SOLUTION)
    for task in TASKS:
        cell(notebook, task.stub).source = f"{task.function} = None"
        cell(notebook, task.stub).metadata.nbgrader.locked = True
    first, second, third, fourth = (cell(notebook, check) for check in CHECKS)
    first.metadata.tags = ["skip-execution", "hide_input"]
    first.outputs = [new_output("execute_result", data={"text/plain": "12.0"}, execution_count=1)]
    second.metadata.nbgrader.grade = False  # no grade cell, no score: an old one would have stayed
    second.metadata.nbgrader.points = 1000
    third.source = "12.0"
    third.metadata.nbgrader.update(solution=True, locked=False)
    fourth.cell_type = "raw"
    del fourth["outputs"], fourth["execution_count"]
    fourth.metadata.nbgrader.cell_type = "raw"
    cell(notebook, "q1").metadata.nbgrader.update(grade=False, solution=False, locked=True, points=0)
    # The same id twice, with outputs that would count; and one that was never handed out.
    copy = new_code_cell("12.0", metadata={"nbgrader": dict(first.metadata.nbgrader)}, outputs=list(first.outputs))
    notebook.cells.append(copy)
    bonus = {**first.metadata.nbgrader, "grade_id": "bonus", "points": 50}
    notebook.cells.append(new_code_cell("50.0", metadata={"nbgrader": bonus, "tags": ["raises-exception"]}))
    notebook.metadata.kernelspec = {"name": "bash", "language": "bash", "display_name": "Bash"}
    notebook.metadata.celltoolbar = "Create Assignment"
    return notebook


def without(notebook: NotebookNode, *grade_ids: str) -> NotebookNode:
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in grade_ids]
    return notebook


def break_the_grader(course: Course) -> None:
    """Let the warm process fail to start, as on a machine where a framework is broken."""
    broken = course.folder / "broken-python"
    broken.write_text("#!/bin/sh\necho the framework is broken >&2\nexit 1\n")
    broken.chmod(0o755)
    with (course.folder / "nbgrader_config.py").open("a") as config:
        config.write(f"\nimport sys\nsys.executable = {str(broken)!r}\n")


@dataclass
class Cycle:
    """A course from release to grades, with what the gradebook held at each step."""

    course: Course
    said: str
    autograded: Scores
    again: Scores
    forged: NotebookNode
    resubmitted: Scores
    resubmitting_said: str
    faulted: Scores
    faulted_said: str


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    tools = need(programs)
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder, postgresql(Path(folder), tools) as address:
        yield address


def grade_by_hand_and_hand_in_again(course: Course) -> str:
    """Give points for answers, have the attacker submit again, and return what autograding that said."""
    for question, points in zip(WRITTEN, (9.0, 8.5, 7.0, 6.0, 5.0, 4.0), strict=True):
        course.grade_by_hand("perfect", question, points, f"Well said in {question}.")
        course.grade_by_hand("attacker", question, points)
    # A second try that keeps no check cell: nothing that the first earned may stay, nor points for another answer.
    course.grade_by_hand("attacker", CHECKS[0], 12.0)
    course.submit("attacker", without(answered({"q1": "Something else."}, SOLUTION), *CHECKS))
    return course.autograde("--student=attacker", "--force")


def export(course: Course) -> None:
    course.nbgrader("export", "--exporter=autograder.nbgrader_bridge.export.QuestionsExport", "--to=grades.csv")
    course.nbgrader("export", "--exporter=autograder.nbgrader_bridge.export.CanvasExport", "--to=canvas.csv")


@pytest.fixture(scope="module")
def cycle(autograder: Commands, need_confinement: None, tmp_path_factory: pytest.TempPathFactory) -> Cycle:
    """Release, submit, autograde twice, grade by hand, submit again, return feedback, export.

    The release and the first autograding are processes of their own, as people start them.
    """
    course = Course.make(tmp_path_factory.mktemp("course"), commands=autograder)
    course.run("nbgrader", "generate_assignment", ASSIGNMENT)
    with course.gradebook() as roster:
        for student, (last, first) in NAMES.items():
            roster.update_or_create_student(student, last_name=last, first_name=first)
    course.submit("perfect", own_work(answered({}, SOLUTION)))
    course.submit("untouched", scenario("untouched").build())
    course.submit("partial", scenario("glorot").build())
    course.submit("erroring", scenario("raises").build())
    course.submit("looping", scenario("loops_for_ever").build())
    course.submit("attacker", forged())
    course.submit("missing", without(answered({}, SOLUTION), "q1", "q1_prompt", CHECKS[1], TASKS[3].stub))
    course.submit("unreadable", b'{"cells": [\n<<<<<<< HEAD\n')
    said = course.run("nbgrader", "autograde", ASSIGNMENT, "--debug")
    autograded, forged_notebook = course.scores(), course.autograded("attacker")
    course.autograde("--student=partial", "--force")
    again = course.scores()

    resubmitting_said = grade_by_hand_and_hand_in_again(course)
    resubmitted = course.scores()
    course.nbgrader("generate_feedback", ASSIGNMENT)
    export(course)
    break_the_grader(course)
    faulted_said = course.run("nbgrader", "autograde", ASSIGNMENT, "--student=looping", "--force", expect=1)
    return Cycle(
        course, said, autograded, again, forged_notebook, resubmitted, resubmitting_said, course.scores(), faulted_said
    )


def test_every_number_in_the_gradebook_is_as_it_should_be(cycle: Cycle) -> None:
    assert set(cycle.autograded) == set(EXPECTED)
    for student, (points, waiting) in EXPECTED.items():
        scores = cycle.autograded[student]
        assert set(scores) == {*WRITTEN, *CHECKS}
        assert [scores[check][0] for check in CHECKS] == points, student
        for question in WRITTEN:
            written = (None, None, True) if question in waiting else (0.0, None, student == "unreadable")
            if (student, question) == ("missing", "q1"):
                written = (0.0, None, True)
            assert scores[question] == written, (student, question)


def test_what_a_person_should_look_at_waits_for_one(cycle: Cycle) -> None:
    for check in CHECKS:
        assert cycle.autograded["unreadable"][check][2]
        assert not cycle.autograded["perfect"][check][2]
        assert not cycle.autograded["missing"][check][2]


def test_what_is_new_is_graded_side_by_side_before_nbgrader_begins(cycle: Cycle) -> None:
    """All but the unreadable one, which never runs."""
    before, converting, _ = cycle.said.partition("Sanitizing")
    assert converting
    assert before.count("Graded ") == len(EXPECTED) - 1


def test_unreadable_file_is_told_of_in_a_line_and_stops_nobody(cycle: Cycle) -> None:
    (line,) = [line for line in cycle.said.splitlines() if "ERROR" in line]
    assert "unreadable" in line
    assert "has unresolved merge conflicts" in line
    assert "Traceback" not in cycle.said
    assert "unresolved merge conflicts" in cycle.course.feedback("unreadable")


def test_grading_again_changes_nothing(cycle: Cycle) -> None:
    assert cycle.again == cycle.autograded


def test_check_cell_has_text_a_table_with_a_figure_and_a_plain_float(cycle: Cycle) -> None:
    notebook = cycle.course.autograded("partial")
    for check, points in zip(CHECKS, EXPECTED["partial"][0], strict=True):
        shown, value = cell(notebook, check).outputs
        assert shown.output_type == "display_data"
        assert ", failed (−" in shown.data["text/plain"]
        assert "Glorot" in shown.data["text/plain"]
        assert "<table" in shown.data["text/html"]
        words = "standard deviation is wrong" if check.endswith("initializer_check") else "weights of hidden layer 1"
        assert f'role="img" aria-label="The {words}' in shown.data["text/html"]
        assert f"The {words}" in shown.data["text/plain"]
        assert value.output_type == "execute_result"
        assert value.data["text/plain"] == repr(points)


def test_graders_see_what_the_students_own_cells_put_out_and_nothing_that_runs(cycle: Cycle) -> None:
    notebook = cycle.course.autograded("perfect")
    (own,) = [c for c in notebook.cells if "plt.plot([0, 1])" in c.source]
    text, picture = own.outputs
    assert text.text == "<script>alert(1)</script> \n"
    assert list(picture.data) == ["image/png", "text/plain"]
    assert picture.data["image/png"].startswith("iVBORw0KGgo")
    page = cycle.course.feedback("perfect")
    for harm in ("<script>alert", "onerror", "<script>document.title"):
        assert harm not in page
    assert "<strong>mine</strong>" in page
    assert "$a &lt; b$" in page


def test_markers_and_students_see_what_the_students_own_run_showed(cycle: Cycle) -> None:
    note, text, picture = cell(cycle.course.autograded("perfect"), "q1_see").outputs
    assert (note.text, text.text) == (NOTE, "norm <b>0.1</b>")
    assert list(picture.data) == ["image/png", "text/plain"]
    page = cycle.course.feedback("perfect")
    assert NOTE.strip().replace("'", "&#39;") in page
    assert "norm &lt;b&gt;0.1&lt;/b&gt;" in page
    assert f"data:image/png;base64,{PNG}" in page


def test_measuring_cells_are_not_run_by_autograding(cycle: Cycle) -> None:
    notebook = cycle.course.autograded("perfect")
    for grade_id in set(MEASURING) - {"q1_see"}:
        assert [output.text for output in cell(notebook, grade_id).outputs] == [NOTHING]
        assert cell(notebook, grade_id).execution_count is None


def test_cells_that_raise_show_what_they_raised(cycle: Cycle) -> None:
    (error,) = cell(cycle.course.autograded("erroring"), "q7_tf_model").outputs
    assert error.output_type == "error"
    assert "line 1" in error.evalue


def test_forged_metadata_is_rebuilt_and_forged_cells_count_for_nothing(cycle: Cycle) -> None:
    notebook = cycle.forged
    honest = cycle.course.autograded("untouched")
    for handed_out in honest.cells:
        rebuilt = cell(notebook, handed_out.metadata.nbgrader.grade_id)
        assert rebuilt.metadata == handed_out.metadata
        assert rebuilt.cell_type == handed_out.cell_type
        if handed_out.metadata.nbgrader.locked:
            assert rebuilt.source == handed_out.source
    assert not [c for c in notebook.cells if "tags" in c.metadata]
    assert [c.source for c in notebook.cells if "nbgrader" not in c.metadata] == ["12.0", "50.0"]
    assert notebook.metadata.kernelspec.language == "python"


def test_resubmission_replaces_every_score_and_keeps_points_for_answers_that_stayed(cycle: Cycle) -> None:
    scores = cycle.resubmitted["attacker"]
    # All four stubs are right this time. The check cells are the course's own: it costs nothing to take them out.
    assert [scores[check] for check in CHECKS] == [(points, None, False) for points in EXPECTED["perfect"][0]]
    assert scores["q1"] == (None, None, True)
    assert "q1 is another answer than the one that a person gave 9 points" in cycle.resubmitting_said
    assert {student: s for student, s in cycle.resubmitted.items() if student not in ("attacker", "perfect")} == {
        student: s for student, s in cycle.autograded.items() if student not in ("attacker", "perfect")
    }


def test_fault_of_the_grader_is_loud_and_leaves_no_score(cycle: Cycle) -> None:
    assert "was not graded, and has no score" in cycle.faulted_said
    assert "the framework is broken" in cycle.faulted_said
    assert set(cycle.faulted["looping"].values()) == {(None, None, True)}
    assert not (cycle.course.folder / "autograded" / "looping" / ASSIGNMENT).exists()


def test_feedback_has_scores_and_comments_and_no_mark_scheme(cycle: Cycle) -> None:
    page = cycle.course.feedback("perfect")
    assert "Well said in q3." in page
    assert "Weight Initialization Techniques: 79.5 of 100 points</h1>" in page
    for student in EXPECTED:
        assert "MARK SCHEME" not in cycle.course.feedback(student)


def test_every_number_in_the_exported_table_is_as_it_should_be(cycle: Cycle) -> None:
    with (cycle.course.folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        table = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(table) == set(EXPECTED)
    by_hand = dict(zip(WRITTEN, (9.0, 8.5, 7.0, 6.0, 5.0, 4.0), strict=True))
    expected = {
        student: {**dict.fromkeys(WRITTEN, 0.0), **dict(zip(CHECKS, points, strict=True))}
        for student, (points, _) in EXPECTED.items()
    }
    expected["perfect"] |= by_hand
    for student, row in table.items():
        if student == "attacker":
            continue
        assert {q: float(row[q]) for q in (*WRITTEN, *CHECKS)} == expected[student], student
        assert float(row["raw_score"]) == float(row["score"]) == sum(expected[student].values())
        assert float(row["max_score"]) == 100.0
        assert row["status"] == "submitted"
        assert (row["last_name"], row["first_name"]) == NAMES.get(student, ("", ""))
    assert table["untouched"]["to_review"] == ""
    assert table["looping"]["to_review"] == " ".join(WRITTEN)


def test_canvas_gets_a_row_a_student_in_its_own_format(cycle: Cycle) -> None:
    with (cycle.course.folder / "canvas.csv").open(newline="", encoding="utf-8") as file:
        header, possible, *rows = list(csv.reader(file))
    assert header == ["Student", "ID", "SIS Login ID", "Section", "Weight Initialization Techniques"]
    assert possible == ["    Points Possible", "", "", "", "100"]
    assert ['O\'Hara, née “Quote”, Ann "Annie"', "", "perfect", "", "79.5"] in rows
    assert ["Müller, Zoë, Maria", "", "partial", "", "15.5"] in rows
    assert len(rows) == len(EXPECTED)


def rows_of(course: Course, students: Sequence[str]) -> list[dict[str, str]]:
    with (course.folder / "grades.csv").open(newline="", encoding="utf-8") as file:
        return [
            {name: value for name, value in row.items() if name not in ("last_name", "first_name", "timestamp")}
            for row in csv.DictReader(file)
            if row["student_id"] in students
        ]


def test_gradebook_on_postgresql_holds_what_one_in_a_file_holds(
    cycle: Cycle, database: str, autograder: Commands, tmp_path: Path
) -> None:
    """For two students whose grades take every way into it: a grader's points, a person's, and a second submission."""
    students = ("perfect", "attacker")
    course = Course.make(tmp_path, database, autograder)
    course.nbgrader("generate_assignment", ASSIGNMENT)
    course.submit("perfect", own_work(answered({}, SOLUTION)))
    course.submit("attacker", forged())
    course.autograde()
    assert course.scores() == {student: cycle.autograded[student] for student in students}
    assert "q1 is another answer" in grade_by_hand_and_hand_in_again(course)
    assert course.scores() == {student: cycle.resubmitted[student] for student in students}
    export(course)
    assert rows_of(course, students) == rows_of(cycle.course, students)
    assert not (course.folder / "gradebook.db").exists()
