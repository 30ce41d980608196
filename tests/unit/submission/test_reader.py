"""The reader treats notebooks that were copied, split, merged or damaged as a fair teacher would, with remarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.assignment.questions import TASKS, WRITTEN
from autograder.assignment.release import load_release
from autograder.notebook import METADATA, UnreadableNotebook, parse_notebook, read_notebook
from autograder.submission.arrangement import Arrangement, arrange
from autograder.submission.bindings import bindings
from autograder.submission.compare import is_untouched, names
from autograder.submission.reader import Submission, submission_in
from autograder.submission.remarks import RemarkKind, remarks_on
from tests.support.notebook_cases import CASES, FOLDER, READABLE, REFUSED, Case
from tests.support.samples import RELEASE, cell, read

STUBS = [task.stub for task in TASKS]
RIGHT = {
    "q7_tf_initializer": "def tf_he_normal(shape):\n    return tf.keras.initializers.HeNormal()(shape)",
    "q7_tf_model": "def build_tf_model():\n    return 'a model'",
    "q7_torch_initializer": "def torch_he_normal_(weight):\n    return nn.init.kaiming_normal_(weight)",
    "q7_torch_model": "class CustomModel(nn.Module):\n    pass",
}
ANSWERS = {name: f"My answer to {name}: gradients shrink where slopes are small." for name in WRITTEN}


def good() -> NotebookNode:
    notebook = read(RELEASE)
    for name, source in (RIGHT | ANSWERS).items():
        cell(notebook, name).source = source
    return notebook


def place(notebook: NotebookNode, name: str) -> int:
    return notebook.cells.index(cell(notebook, name))


def lose(notebook: NotebookNode, *names: str) -> None:
    for name in names:
        cell(notebook, name).metadata = NotebookNode()


def retype(notebook: NotebookNode, name: str, make: Callable[..., NotebookNode]) -> None:
    old = cell(notebook, name)
    notebook.cells[place(notebook, name)] = make(old.source, metadata=old.metadata)


def arranged(notebook: NotebookNode | dict[str, Any], release: NotebookNode | None = None) -> Arrangement:
    read_release = load_release().notebook if release is None else parse_notebook("r", json.dumps(release).encode())
    return arrange(parse_notebook("n.ipynb", json.dumps(notebook).encode()), read_release)


def submission(notebook: NotebookNode | dict[str, Any]) -> Submission:
    return submission_in(arranged(notebook), load_release().notebook)


def names_left_out(notebook: NotebookNode) -> dict[str, str]:
    """The names that cells define which do not run, and these cells."""
    return {name: cell.name for cell in submission(notebook).left_out for name in bindings(cell.source)}


#: The set-up cell in a list of what runs.
SETUP = ("setup", cell(read(RELEASE), "setup").source.partition("\n")[0])


def code(notebook: NotebookNode) -> list[tuple[str, str]]:
    """What runs: each cell's name and the first line of it."""
    return [(c.name, c.source.partition("\n")[0]) for c in submission(notebook).code]


def remarks(notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(remark.cell, remark.kind.value) for remark in submission(notebook).remarks]


# --- the cases that people submitted ---------------------------------------------------------------------


def test_every_notebook_of_the_folder_is_a_case_or_a_release() -> None:
    assert {path for case in CASES for path in (case.path, case.release)} >= set(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_case_that_nobody_can_read_is_refused_with_what_to_do(case: Case) -> None:
    with pytest.raises(UnreadableNotebook, match=case.refused):
        arrange(read_notebook(case.path), load_release().notebook)


@pytest.mark.parametrize("case", READABLE, ids=lambda case: case.name)
def test_case_is_remarked_on_as_a_fair_teacher_would(case: Case) -> None:
    release = load_release(case.release).notebook
    found = arrange(read_notebook(case.path), release)
    assert [(remark.cell, remark.kind.value) for remark in found.remarks] == case.remarks
    assert found.unsure == case.waits
    for question, words in case.answers.items():
        assert [word for word in words if word not in found.answer(question)] == []
    untouched = [answer.status for answer in submission_in(found, release).written] == ["unchanged"] * 6
    assert (untouched and not found.unsure) == ("untouched" in case.name)


# --- several cells with one grade id ---------------------------------------------------------------------


def test_an_intact_notebook_gives_no_remark_and_runs_setup_and_the_stubs() -> None:
    assert remarks(good()) == []
    assert [name for name, _ in code(good())] == ["setup", *STUBS]


def test_parts_of_a_stub_all_run_where_they_stand() -> None:
    notebook = good()
    stub = cell(notebook, "q7_torch_model")
    first, second = "class Base(nn.Module):\n    pass", "class CustomModel(Base):\n    pass"
    stub.source = first
    notebook.cells.insert(place(notebook, "q7_torch_model") + 1, new_code_cell("between = 1"))
    notebook.cells.insert(place(notebook, "q7_torch_model") + 2, new_code_cell(second, metadata=stub.metadata))
    number = place(notebook, "q7_torch_model") + 1
    assert code(notebook)[-3:] == [
        ("q7_torch_model", "class Base(nn.Module):"),
        (f"cell {number + 1}", "between = 1"),
        (f"cell {number + 2}", "class CustomModel(Base):"),
    ]
    assert submission(notebook).code[-1].grade_id == "q7_torch_model"
    assert remarks(notebook) == [("q7_torch_model", "duplicated")]


@pytest.mark.parametrize("worked_half", ["first", "second"])
def test_of_a_notebook_that_was_pasted_twice_the_half_that_was_worked_on_counts(worked_half: str) -> None:
    halves = (good(), read(RELEASE)) if worked_half == "first" else (read(RELEASE), good())
    notebook = halves[0]
    notebook.cells += halves[1].cells
    found = submission(notebook)
    assert [r.kind for r in found.remarks] == [RemarkKind.MERGED]
    assert [a.status for a in found.written] == ["answered"] * 6
    assert found.untouched == frozenset()
    assert [c.source for c in found.code if c.name in STUBS] == list(RIGHT.values())


def test_copies_of_an_answer_count_once_and_its_parts_together() -> None:
    notebook = good()
    own = cell(notebook, "q1")
    at = place(notebook, "q1")
    other = new_markdown_cell("And they explode where slopes are large.", metadata=own.metadata)
    notebook.cells[at + 1 : at + 1] = [new_markdown_cell(own.source, metadata=own.metadata), other]
    assert arranged(notebook).answer("q1") == f"{ANSWERS['q1']}\n\nAnd they explode where slopes are large."


def test_pictures_of_one_name_in_two_parts_of_an_answer_stay_two() -> None:
    notebook = good()
    own, other = cell(notebook, "q1"), new_markdown_cell("![](attachment:image.png) two")
    own.source, own.attachments = "![](attachment:image.png) one", {"image.png": {"image/png": "MQ=="}}
    other.metadata, other.attachments = own.metadata, {"image.png": {"image/png": "Mg=="}}
    notebook.cells.insert(place(notebook, "q1") + 1, other)
    (piece,) = [piece for piece in arranged(notebook).pieces if piece.name == "q1"]
    first, second = piece.attachments
    assert piece.source == f"![](attachment:{first}) one\n\n![](attachment:{second}) two"
    assert [piece.attachments[name]["image/png"] for name in (first, second)] == ["MQ==", "Mg=="]


# --- cells of another kind -------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [new_markdown_cell, new_raw_cell])
@pytest.mark.parametrize(
    "fence", ["{}", "```python\n{}\n```", "Here it is:\n\n```\n{}\n```\n\nIt works.", "~~~ python\n{}\n~~~", "```\n{}"]
)
def test_code_of_a_stub_runs_whatever_the_cell_is_now(make: Callable[..., NotebookNode], fence: str) -> None:
    notebook = good()
    retype(notebook, "q7_tf_model", make)
    cell(notebook, "q7_tf_model").source = fence.format(RIGHT["q7_tf_model"])
    assert ("q7_tf_model", "def build_tf_model():") in code(notebook)
    assert remarks(notebook) == [("q7_tf_model", "retyped")]


def test_written_answer_in_a_code_cell_is_read_and_does_not_run() -> None:
    notebook = good()
    retype(notebook, "q5", new_code_cell)
    cell(notebook, "q5").source = "torch.set_default_dtype(torch.float64)"
    assert arranged(notebook).answer("q5") == "torch.set_default_dtype(torch.float64)"
    assert [name for name, _ in code(notebook)] == ["setup", *STUBS]
    assert remarks(notebook) == [("q5", "retyped")]


def test_setup_runs_in_its_place_though_its_cell_is_raw_now() -> None:
    notebook = good()
    retype(notebook, "setup", new_raw_cell)
    assert code(notebook)[0] == SETUP


# --- grade ids that were lost, answers beside their cells ------------------------------------------------


def test_a_notebook_that_lost_all_of_its_metadata_is_read_like_the_same_with_it() -> None:
    notebook, intact = good(), submission(good())
    lose(notebook, *[c.metadata.nbgrader.grade_id for c in notebook.cells])
    found = submission(notebook)
    assert [(c.name, c.source) for c in found.code] == [(c.name, c.source) for c in intact.code]
    assert found.written == intact.written
    assert {remark.kind for remark in found.remarks} == {RemarkKind.ID_LOST}
    assert len(found.remarks) <= 4


@pytest.mark.parametrize("name", WRITTEN)
def test_answer_without_its_grade_id_is_found_in_its_place(name: str) -> None:
    notebook = good()
    lose(notebook, name)
    assert arranged(notebook).answer(name) == ANSWERS[name]
    assert remarks(notebook) == [(name, "id_lost")]


@pytest.mark.parametrize("beside", [-1, 1])
@pytest.mark.parametrize("left", ["YOUR ANSWER HERE", "", None])
def test_answer_beside_its_cell_counts_where_nothing_was_written_into_it(beside: int, left: str | None) -> None:
    notebook = good()
    at = place(notebook, "q3") + (beside > 0)
    notebook.cells.insert(at, new_markdown_cell("Sigmoid and tanh: both are flat for large inputs."))
    if left is None:
        notebook.cells.remove(cell(notebook, "q3"))
    else:
        cell(notebook, "q3").source = left
    answer = submission(notebook).written[2]
    assert (answer.status, answer.words) == ("answered", 9)
    assert [r[0] for r in remarks(notebook)] == ["q3"]


def test_own_text_beside_an_answer_that_was_written_stays_the_students_own() -> None:
    notebook = good()
    notebook.cells.insert(place(notebook, "q3") + 1, new_markdown_cell("A note to myself: read the paper again."))
    assert arranged(notebook).answer("q3") == ANSWERS["q3"]
    assert remarks(notebook) == []


def test_answer_typed_into_the_prompt_counts_where_there_is_no_other() -> None:
    notebook = good()
    cell(notebook, "q4").source = "YOUR ANSWER HERE"
    cell(notebook, "q4_prompt").source += "\n\nMy answer: gradients grow without end."
    assert arranged(notebook).answer("q4") == "My answer: gradients grow without end."
    assert remarks(notebook) == [("q4", "locked_changed")]


def test_text_typed_into_a_prompt_beside_an_answer_is_kept_for_graders_to_see() -> None:
    notebook = good()
    cell(notebook, "q4_prompt").source += "\n\nMore of my answer stands up here."
    shown = [piece.source for piece in arranged(notebook).pieces if piece.shown and piece.grade_id is None]
    assert shown == ["More of my answer stands up here."]
    assert arranged(notebook).answer("q4") == ANSWERS["q4"]
    assert remarks(notebook) == [("q4_prompt", "locked_changed")]


@pytest.mark.parametrize("stub", ["as released", "deleted"])
def test_function_that_another_cell_defines_counts_where_its_stub_was_left(stub: str) -> None:
    notebook = good()
    cell(notebook, "q7_tf_initializer").source = cell(read(RELEASE), "q7_tf_initializer").source
    if stub == "deleted":
        notebook.cells.remove(cell(notebook, "q7_tf_initializer"))
    notebook.cells.insert(10, new_code_cell(RIGHT["q7_tf_initializer"]))
    found = submission(notebook)
    assert [c.source for c in found.code if c.grade_id == "q7_tf_initializer"] == [RIGHT["q7_tf_initializer"]]
    assert found.untouched == frozenset()
    assert [r[0] for r in remarks(notebook)] == ["q7_tf_initializer"]


@pytest.mark.parametrize("holder", ["own", "q7_tf_initializer", "q7_tf_initializer_check", "setup"])
def test_every_function_that_one_cell_defines_counts_and_no_stub_as_released_runs_over_it(holder: str) -> None:
    notebook = read(RELEASE)
    everything = "\n\n\n".join(RIGHT.values())
    if holder == "own":
        notebook.cells.append(new_code_cell(everything))
    else:
        cell(notebook, holder).source += f"\n\n\n{everything}"
        if holder == "q7_tf_initializer":
            cell(notebook, holder).source = everything
    found = submission(notebook)
    assert found.untouched == frozenset()
    assert [c for c in found.code if "raise NotImplementedError" in c.source] == []
    assert len([c for c in found.code if everything in c.source]) == 1


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import cupy\nexcept ImportError:\n    def build_tf_model():\n        return 1",
        "if True:\n\tasync def build_tf_model(): pass",
        "with tf.device('/CPU:0'):\n  class build_tf_model: pass",
        "build_tf_model = mine.build",
        "from mine import build as build_tf_model",
    ],
)
def test_function_counts_however_another_cell_defines_it(source: str) -> None:
    notebook = good()
    cell(notebook, "q7_tf_model").source = cell(read(RELEASE), "q7_tf_model").source
    notebook.cells.append(new_code_cell(source))
    assert submission(notebook).untouched == frozenset()
    assert remarks(notebook) == [("q7_tf_model", "elsewhere")]


@pytest.mark.parametrize(
    "label", ["**Q3.** ", "## Question 3\n\n", "Answer to question 3: ", "q3) ", "My answer to Q3 - "]
)
def test_answer_that_names_its_question_counts_wherever_it_stands(label: str) -> None:
    notebook = good()
    cell(notebook, "q3").source = "YOUR ANSWER HERE"
    notebook.cells.append(new_markdown_cell(f"{label}Sigmoid and tanh."))
    notebook.cells.append(new_markdown_cell("Both are flat for large inputs."))
    assert arranged(notebook).answer("q3") == f"{label}Sigmoid and tanh.\n\nBoth are flat for large inputs."
    assert remarks(notebook) == [("q3", "elsewhere")]


def test_text_that_names_another_question_is_no_answer_to_the_one_beside_it() -> None:
    notebook = good()
    for name in ("q3", "q4"):
        cell(notebook, name).source = "YOUR ANSWER HERE"
    at = place(notebook, "q3") + 1
    notebook.cells[at:at] = [new_markdown_cell("Q4: Gradients grow."), new_markdown_cell("Q3: Sigmoid and tanh.")]
    assert (arranged(notebook).answer("q3"), arranged(notebook).answer("q4")) == (
        "Q3: Sigmoid and tanh.",
        "Q4: Gradients grow.",
    )


def test_missing_cells_are_remarked_on_and_cost_no_other() -> None:
    notebook = good()
    for name in ("q2", "q7_tf_model", "q7_tf_initializer_check", "q1_see", "q5_prompt"):
        notebook.cells.remove(cell(notebook, name))
    assert remarks(notebook) == [(n, "missing") for n in ("q7_tf_initializer_check", "q7_tf_model", "q2")]
    assert [name for name, _ in code(notebook)] == ["setup", *[stub for stub in STUBS if stub != "q7_tf_model"]]
    assert [a.status for a in submission(notebook).written].count("missing") == 1


# --- the set-up cell and other locked ones ---------------------------------------------------------------


@pytest.mark.parametrize("above", ["%reset -f", "np = None", "from tensorflow import nn", "globals().clear()"])
def test_setup_runs_in_its_place_below_what_stands_above_it(above: str) -> None:
    notebook = good()
    notebook.cells.insert(0, new_code_cell(above))
    assert code(notebook)[:2] == [("cell 1", above), SETUP]


def test_setup_runs_first_where_it_stands_below_a_stub() -> None:
    notebook = good()
    notebook.cells.append(notebook.cells.pop(place(notebook, "setup")))
    assert [name for name, _ in code(notebook)] == ["setup", *STUBS]
    assert remarks(notebook) == [("setup", "elsewhere")]


def test_setup_runs_before_everything_where_it_is_missing() -> None:
    notebook = good()
    notebook.cells.remove(cell(notebook, "setup"))
    notebook.cells.insert(0, new_code_cell("x = np.ones(3)"))
    assert code(notebook)[:2] == [SETUP, ("cell 1", "x = np.ones(3)")]
    assert remarks(notebook) == [("setup", "missing")]


def test_what_a_student_added_to_setup_runs_after_the_released_text() -> None:
    notebook = good()
    cell(notebook, "setup").source += "\nimport math"
    released, changed = submission(notebook).code[:2]
    assert released.source == cell(read(RELEASE), "setup").source
    assert changed.source.endswith("\nimport math")
    assert remarks(notebook) == [("setup", "locked_changed")]


def test_what_a_student_added_to_a_setup_cell_without_its_grade_id_runs_and_is_remarked_on() -> None:
    notebook = good()
    cell(notebook, "setup").source += "\nimport math"
    lose(notebook, "setup")
    assert [source for _, source in code(notebook)[:2]] == [SETUP[1]] * 2
    assert remarks(notebook) == [("setup", "id_lost"), ("setup", "locked_changed")]


def test_setup_of_an_older_release_is_not_remarked_on() -> None:
    notebook = good()
    setup = cell(notebook, "setup")
    setup.source = setup.source.replace("torch.set_num_threads(1)", "torch.set_num_threads(2)")
    assert remarks(notebook) == []


def test_what_a_student_typed_into_a_check_cell_runs_where_it_stands() -> None:
    notebook = good()
    at = place(notebook, "q7_tf_model_check")
    notebook.cells[at].source = "import math\n" + notebook.cells[at].source
    found = code(notebook)
    assert found[found.index((f"cell {at + 1}", "import math")) - 1][0] == "q7_tf_model"
    assert "math" not in names_left_out(notebook)
    assert remarks(notebook) == [("q7_tf_model_check", "locked_changed")]


def test_names_that_a_student_defines_in_a_measuring_cell_are_known_with_their_cell() -> None:
    notebook = good()
    cell(notebook, "q1_see").source += "\nimport math"
    assert names_left_out(notebook)["math"] == "q1_see"
    assert remarks(notebook) == [("q1_see", "locked_changed")]


@pytest.mark.parametrize("blank", ["{}\n\n", "\n{}", "{}  "])
def test_blank_lines_around_the_locked_texts_are_no_change(blank: str) -> None:
    notebook = good()
    for each in notebook.cells:
        if each.metadata.nbgrader.get("locked"):
            each.source = blank.format(each.source)
    assert remarks(notebook) == []


def test_a_changed_copy_of_a_locked_cell_is_the_students_own() -> None:
    notebook = good()
    copied = cell(notebook, "q1_see")
    mine = new_code_cell(copied.source.replace("20, 256", "21, 256"), metadata=copied.metadata)
    notebook.cells.insert(place(notebook, "q1_see") + 1, mine)
    assert [name for name, _ in code(notebook)] == ["setup", "cell 5", *STUBS]
    assert remarks(notebook) == []


# --- other releases, other editors -----------------------------------------------------------------------


def test_untouched_notebook_of_an_older_release_with_windows_line_ends_is_untouched() -> None:
    older, newer = read(RELEASE), read(RELEASE)
    for each in newer.cells:
        each.source = each.source.replace("newly initialized", "made anew").replace("How does", "In what way does")
    for each in older.cells:
        each.source = each.source.replace("\n", "\r\n")
    found = arranged(older, newer)
    assert found.untouched == set(STUBS)
    assert found.remarks == ()
    assert [found.answer(name) for name in WRITTEN] == ["YOUR ANSWER HERE"] * 6


def rewritten(*, known: bool) -> NotebookNode:
    """Return a release in which every text is another one; ``known`` says whether it knows the earlier texts."""
    newer = read(RELEASE)
    earlier = {}
    for each in newer.cells:
        text = each.source
        earlier[each.metadata.nbgrader.grade_id] = [text]
        each.source = (
            f"# A line that was not there.\n{text}" if each.cell_type == "code" else f"{text}\n\nAnd also this."
        )
    newer.metadata[METADATA] = {"earlier_texts": earlier} if known else {}
    return newer


@pytest.mark.parametrize("end", ["\n", "\r\n", "  \n"])
def test_cells_of_an_earlier_release_are_untouched_where_the_release_knows_them(end: str) -> None:
    older = read(RELEASE)
    for each in older.cells:
        each.source = each.source.replace("\n", end)
    found = arranged(older, rewritten(known=True))
    assert found.untouched == set(STUBS)
    assert found.remarks == ()
    newer = parse_notebook("r", json.dumps(rewritten(known=True)).encode())
    assert {str(answer.status) for answer in submission_in(found, newer).written} == {"unchanged"}
    assert arranged(older, rewritten(known=False)).untouched == set()


def test_what_was_worked_on_in_an_earlier_release_counts() -> None:
    older = good()
    found = arranged(older, rewritten(known=True))
    assert found.untouched == set()
    assert [found.answer(name) for name in WRITTEN] == [cell(older, name).source for name in WRITTEN]


def test_locked_cell_of_an_earlier_release_is_recognized_without_its_grade_id() -> None:
    older = good()
    lose(older, "q7_tf_model_check")
    found = arranged(older, rewritten(known=True)).remarks
    assert [(remark.cell, remark.kind) for remark in found] == [("q7_tf_model_check", RemarkKind.ID_LOST)]


def test_text_typed_into_a_prompt_of_an_earlier_release_answers_where_the_release_knows_it() -> None:
    older = good()
    cell(older, "q3").source = "YOUR ANSWER HERE"
    cell(older, "q3_prompt").source += f"\n\n{ANSWERS['q3']}"
    assert arranged(older, rewritten(known=True)).answer("q3") == ANSWERS["q3"]
    assert arranged(older, rewritten(known=True)).unsure == set()
    assert arranged(older, rewritten(known=False)).unsure == {"q3"}


def test_what_is_run_and_shown_of_an_earlier_locked_cell_is_the_text_of_today() -> None:
    newer = rewritten(known=True)
    shown = {piece.grade_id: piece.source for piece in arranged(good(), newer).pieces if piece.fills}
    for name in ("setup", "q3_prompt", "q1_see", "q7_tf_model_check"):
        assert shown[name] == cell(newer, name).source


def test_line_of_another_cells_earlier_text_is_a_students_in_a_prompt() -> None:
    newer = rewritten(known=True)
    newer.metadata[METADATA]["earlier_texts"]["q1_prompt"] += [ANSWERS["q3"]]
    older = good()
    cell(older, "q3").source = "YOUR ANSWER HERE"
    cell(older, "q3_prompt").source += f"\n\n{ANSWERS['q3']}"
    assert arranged(older, newer).answer("q3") == ANSWERS["q3"]


@pytest.mark.parametrize("mine_are", [RIGHT, ANSWERS], ids=["code", "texts"])
def test_students_cannot_make_their_own_texts_those_of_a_release(mine_are: dict[str, str]) -> None:
    mine, release = good(), read(RELEASE)
    mine.metadata[METADATA] = {"earlier_texts": {name: [text] for name, text in mine_are.items()}}
    given = parse_notebook("r", json.dumps(release).encode())
    found = arranged(mine, release)
    assert found.untouched == set()
    assert {str(answer.status) for answer in submission_in(found, given).written} == {"answered"}


def test_students_cannot_make_their_release_the_one_that_a_prompt_is_compared_with() -> None:
    mine = good()
    cell(mine, "q3").source = "YOUR ANSWER HERE"
    cell(mine, "q3_prompt").source += f"\n\n{ANSWERS['q3']}"
    mine.metadata[METADATA] = {"earlier_texts": {"q3_prompt": [cell(mine, "q3_prompt").source]}}
    assert arranged(mine, read(RELEASE)).answer("q3") == ANSWERS["q3"]


def test_cells_without_metadata_or_source_and_an_older_minor_format_are_read() -> None:
    document = json.loads(json.dumps(good()))
    document["nbformat_minor"] = 2
    for each in document["cells"]:
        each.pop("id", None)
        each["source"] = each["source"].splitlines(keepends=True)
    document["cells"] += [{"cell_type": "code"}, {"cell_type": "markdown", "metadata": None, "source": []}]
    assert [name for name, _ in code(document)] == ["setup", *STUBS]
    assert remarks(document) == []


def test_stub_is_untouched_while_only_its_docstring_differs() -> None:
    given = load_release().notebook.cell("q7_tf_model")
    other = parse_notebook("n", json.dumps(read(RELEASE)).encode().replace(b"newly", b"freshly")).cell("q7_tf_model")
    assert other.source != given.source
    assert is_untouched(other, given)


def test_refused_is_a_notebook_that_has_nothing_of_the_assignment() -> None:
    notebook = read(RELEASE)
    notebook.cells = [new_code_cell("x = 1"), new_markdown_cell("# Homework 7")]
    with pytest.raises(UnreadableNotebook, match="not of this assignment"):
        arranged(notebook)


# --- remarks, and the looks that they rest on ------------------------------------------------------------


def test_many_cells_share_one_remark_that_names_only_some_of_them() -> None:
    (remark,) = remarks_on({f"q{n}": [n] for n in range(40)}, RemarkKind.RETYPED, "{cells} changed.")
    assert remark.cell == ""
    assert remark.text.startswith("q0, q1, ")
    assert remark.text.endswith(" and 28 more changed.")


def test_no_two_pieces_share_a_name_and_every_released_cell_is_filled_once() -> None:
    notebook = good()
    notebook.cells += good().cells + [new_code_cell("x = 1")] * 3
    pieces = arranged(notebook).pieces
    assert len({piece.name for piece in pieces}) == len(pieces)
    filled = [piece.grade_id for piece in pieces if piece.fills]
    assert sorted(filled) == sorted(c.metadata.nbgrader.grade_id for c in read(RELEASE).cells)


@pytest.mark.parametrize(
    ("source", "defined"),
    [
        ("def f(x):\n    y = 1", {"f"}),
        ("class A: pass\nasync def g(): pass", {"A", "g"}),
        ("import numpy as np, math\nfrom torch.nn import init as i, functional", {"np", "math", "i", "functional"}),
        ("a, b = 1, 2\nc: int = 3\nplt.x = 4\nd[0] = 5\nprint(e=6)", {"a", "b", "c"}),
        ("import os.path\n%matplotlib inline\n!pip install x", {"os"}),
    ],
)
def test_names_are_found_without_parsing(source: str, defined: set[str]) -> None:
    assert names(source) == defined


@pytest.mark.parametrize(
    "text", ['"""' * 100_000, "'''\"\"\"" * 50_000, "(" * 300_000, "a = " * 100_000, " " * 300_000, "- " * 100_000]
)
def test_hostile_text_takes_no_time_and_ends_nothing(text: str) -> None:
    notebook = good()
    for name in ("setup", "q7_tf_model", "q1", "q4_prompt", "q7_tf_model_check"):
        cell(notebook, name).source = text
    notebook.cells.append(new_code_cell(text))
    assert submission(notebook).code
