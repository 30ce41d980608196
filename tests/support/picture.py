"""`make picture`: renders docs/feedback.png, the README's picture of the feedback, from a graded sample submission."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

import autograder
from autograder.report.html import render_question
from autograder.report.result import QuestionResult
from tests.browser.chromium import chromium
from tests.support.samples import ROOT, scenario, write

PICTURE = ROOT / "docs/feedback.png"
#: The scenario, the seed and the task: one mistake, with its explanation.
SCENARIO, SEED, TASK = "kernel_area_ignored", 1, "q7_tf_initializer"
#: Where the PNG keeps the digest of what it shows.
_KEY = "Shows"
#: Width of the page in CSS pixels, a little more than a README's on GitHub. The PNG has twice as many.
_WIDTH = 1000


def shown(question: QuestionResult) -> str:
    """Return the digest of a question's HTML: without the drawing and the numbers, which depend on the machine."""
    page = re.sub(r"<svg.*?</svg>", "", render_question(question), flags=re.DOTALL)
    return hashlib.sha256(re.sub(r"\d+", "#", page).encode()).hexdigest()


def digest_of(picture: Path) -> str:
    """Return the digest of what ``picture`` shows, as `save` wrote it."""
    with Image.open(picture) as image:
        return str(image.info.get(_KEY))


def take(question: QuestionResult, picture: Path) -> None:
    """Write the picture of a question's feedback, from a browser."""
    with chromium() as blank, tempfile.TemporaryDirectory() as folder:
        html = Path(folder, "feedback.html")
        html.write_text(f'<!doctype html><meta charset="utf-8">{render_question(question)}', encoding="utf-8")
        page = blank.context.browser.new_page(viewport={"width": _WIDTH, "height": 900}, device_scale_factor=2)
        page.goto(html.as_uri())
        screenshot = page.screenshot(full_page=True)
    save(screenshot, picture, shown(question))


def save(screenshot: bytes, picture: Path, digest: str) -> None:
    """Write a screenshot with the digest of what it shows, in few bytes."""
    info = PngInfo()
    info.add_text(_KEY, digest)
    with Image.open(io.BytesIO(screenshot)) as image:
        image.convert("P", palette=Image.Palette.ADAPTIVE).save(picture, pnginfo=info, optimize=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as submitted:
        result = autograder.grade(write(scenario(SCENARIO).build(), Path(submitted, "notebook.ipynb")), seed=SEED)
    take(next(each for each in result.questions if each.task == TASK), PICTURE)
    print(f"Written: {PICTURE}")
