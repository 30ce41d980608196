"""Part 5 shows students what their initializers do. It is not graded, and nothing in it stops a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignment.release import load_release
from autograder.notebook import read_notebook
from autograder.submission.reader import read_submission
from tests.support.figures import DEFINING, names_above
from tests.support.samples import RELEASE, base_notebook, cell, read, write

UNFINISHED = {
    "raise NotImplementedError()": "is not written yet: write it in Q7, run its cell, and run this cell again.",
    "return None": "does not work here yet: ValueError: it should return 8 × 4 finite numbers",
    "return [[0.1] * 4] * 7": "does not work here yet: ValueError: it should return 8 × 4 finite numbers",
    "return torch.zeros(3)": "does not work here yet: ValueError: it should return 8 × 4 finite numbers",
    "return torch.full((4, 8), torch.nan).T": "does not work here yet: ValueError: it should return 8 × 4 finite",
    "return fan_in": "does not work here yet: NameError: name 'fan_in' is not defined",
}


@pytest.mark.slow
@pytest.mark.frameworks
@pytest.mark.parametrize(("code", "sentence"), UNFINISHED.items())
def test_unfinished_or_wrong_initializer_is_named_in_a_sentence(
    code: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = names_above("yours_see_signal", read(RELEASE))
    exec(f"def tf_he_normal(shape):\n    {code}", names)
    assert names["attempt"]("your tf_he_normal", lambda draw_weights: draw_weights(8, 4)) is None
    assert capsys.readouterr().out.startswith(f"your tf_he_normal {sentence}")


@pytest.mark.slow
@pytest.mark.frameworks
def test_cells_of_part_5_show_the_defaults_alone_if_nothing_is_written_yet(capsys: pytest.CaptureFixture[str]) -> None:
    import matplotlib.pyplot as plt

    for grade_id in ("yours_see_signal", "yours_see_training"):
        names = names_above(grade_id, read(RELEASE))
        exec(cell(read(RELEASE), grade_id).source, names)
        printed = capsys.readouterr().out
        for function in ("tf_he_normal", "torch_he_normal_"):
            assert f"your {function} is not written yet" in printed
        drawn = {str(line.get_label()) for line in plt.gcf().axes[0].lines}
        assert {"Keras's default", "PyTorch's default"} <= drawn
        assert not any(label.startswith("your") for label in drawn)
        plt.close("all")


def test_submission_of_a_release_without_part_5_is_read_like_one_that_has_it(tmp_path: Path) -> None:
    notebook = base_notebook("solution")
    with_it = write(notebook, tmp_path / "with/weight_initialization.ipynb")
    notebook.cells = [c for c in notebook.cells if not c.metadata.nbgrader.grade_id.startswith(("yours_", *DEFINING))]
    without = write(notebook, tmp_path / "without/weight_initialization.ipynb")
    new, old = (read_submission(read_notebook(path), load_release().notebook) for path in (with_it, without))
    assert len(read(without).cells) < len(read(with_it).cells)
    assert old.remarks == new.remarks == ()
    assert [c.source for c in old.code] == [c.source for c in new.code]
    assert old.written == new.written
