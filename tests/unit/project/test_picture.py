"""docs/feedback.png shows the feedback that a student gets today."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.support import picture
from tests.support.graders import Grader
from tests.support.samples import scenario, write


@pytest.mark.usefixtures("need_confinement")
def test_picture_shows_todays_feedback(grader: Grader, tmp_path: Path) -> None:
    notebook = write(scenario(picture.SCENARIO).build(), tmp_path / "notebook.ipynb")
    result = grader.grade(notebook, picture.SEED)
    (question,) = (each for each in result.questions if each.task == picture.TASK)
    assert picture.digest_of(picture.PICTURE) == picture.shown(question), "run `make picture`, and look at it"


def test_picture_is_sharp_at_the_width_of_a_readme_and_small_enough_to_load() -> None:
    with Image.open(picture.PICTURE) as image:
        assert image.width >= 2 * 800
    assert picture.PICTURE.stat().st_size < 400_000
