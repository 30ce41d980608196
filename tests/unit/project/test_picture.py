"""docs/feedback.png shows the feedback that a student gets today, and docs/desk-*.png the marking desk's pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.support import desk_pictures, picture
from tests.support.graders import Grader
from tests.support.samples import scenario, write


@pytest.mark.usefixtures("need_confinement")
def test_picture_shows_todays_feedback(grader: Grader, tmp_path: Path) -> None:
    notebook = write(scenario(picture.SCENARIO).build(), tmp_path / "notebook.ipynb")
    result = grader.grade(notebook, picture.SEED)
    (question,) = (each for each in result.questions if each.task == picture.TASK)
    assert picture.digest_of(picture.PICTURE) == picture.shown(question), "run `make picture`, and look at it"


def test_pictures_show_todays_marking_desk(tmp_path: Path) -> None:
    pages = desk_pictures.pages(tmp_path)
    assert {name: picture.digest_of(desk_pictures.path_of(name)) for name in pages} == {
        name: desk_pictures.shown(page) for name, page in pages.items()
    }, "run `make desk-pictures`, and look at them"
    assert {*(picture.PICTURE.parent.glob("desk-*.png"))} == {desk_pictures.path_of(name) for name in pages}


@pytest.mark.parametrize("path", [picture.PICTURE, *map(desk_pictures.path_of, desk_pictures.KEYS)], ids=str)
def test_picture_is_sharp_at_the_width_of_a_readme_and_small_enough_to_load(path: Path) -> None:
    with Image.open(path) as image:
        assert image.width >= 2 * 800
    assert path.stat().st_size < 400_000
