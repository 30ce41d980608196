"""`make desk-pictures`: renders docs/desk-*.png, the guide's pictures of the marking desk, with a class made up."""

from __future__ import annotations

import hashlib
import logging
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock
from urllib.parse import urlsplit
from uuid import UUID

from autograder.assignment.seeds import FILE as COURSE_SEED
from autograder.nbgrader_bridge.desk.model import Wanted
from autograder.nbgrader_bridge.desk.pages import FOLDER, Visitor
from autograder.nbgrader_bridge.desk.service import Desk
from autograder.nbgrader_bridge.desk.settings import MarkingDesk
from autograder.report import formulas
from tests.browser.chromium import chromium
from tests.support import picture
from tests.support.desk import DeskCourse, mark
from tests.support.desk_class import STUDENT, answers
from tests.support.samples import RELEASE, ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

#: By the page's name, what a marker presses before the picture is taken.
KEYS = {"home": (), "question": ("1", "2", "3", "4"), "compare": ()}
_CLASS = 12
_STYLE = FOLDER / "desk.css"
_FILES = {"desk.js": FOLDER, "desk.css": FOLDER, "formulas.woff2": formulas.FOLDER}
_SERVER = "http://desk.invalid/"


def path_of(name: str) -> Path:
    """Return where the picture of a page is."""
    return ROOT / "docs" / f"desk-{name}.png"


def pages(folder: Path) -> dict[str, str]:
    """Make a class in ``folder`` of which a part is marked, and return the HTML of the desk's pages by name."""
    (folder / COURSE_SEED).write_text("2026\n", encoding="ascii")
    DeskCourse.make(folder, {})  # makes the release, once in a process, with ids that no page has
    draw = random.Random(1)
    with mock.patch("nbgrader.api.uuid4", side_effect=lambda: UUID(int=draw.getrandbits(128))):
        course = DeskCourse.make(folder, answers(_CLASS))  # whose answers have the same names each time
    store = course.store()
    for number, (question, *keys) in enumerate(
        [("q1", "q1.1a", "q1.1b", "q1.4a")] * 7 + [("q2", "q2.1a", "q2.2a")] * 3, start=5
    ):
        student = STUDENT.format(number % _CLASS)
        store.save(mark(store, course.grade_id(student, question), *keys, by=("ann", "bob")[number % 2]))
    grades = [course.grade_id(STUDENT.format(number)) for number in (1, 5)]
    store.close()
    desk = Desk(course.db_url, folder, course.notebook_of, RELEASE, MarkingDesk(), logging.getLogger(__name__))
    visitor = Visitor(base=_SERVER, nonce="", xsrf="", marker="ann", declared=True, instructs=True)
    return {
        "home": desk.home(visitor),
        "question": desk.question(visitor, "q1", Wanted.UNMARKED, grades[0]),
        "compare": desk.compare(visitor, *grades),
    }


def shown(html: str) -> str:
    """Return the digest of a page and its style."""
    return hashlib.sha256((html + _STYLE.read_text(encoding="utf-8")).encode()).hexdigest()


def take(page: Page, name: str, html: str) -> None:
    """Write the picture of a page."""

    def serve(route: Route) -> None:
        asked = urlsplit(route.request.url).path.removeprefix("/")
        file = asked.removeprefix("desk/static/")
        if asked == name:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif file in _FILES:
            route.fulfill(path=_FILES[file] / file)
        else:
            route.fulfill(json={})

    page.route("**/*", serve)
    page.goto(_SERVER + name)
    for key in KEYS[name]:
        page.keyboard.press(key)
    page.evaluate("document.fonts.ready.then(() => null)")
    picture.save(page.screenshot(full_page=not KEYS[name]), path_of(name), shown(html))
    page.unroute("**/*")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary, chromium() as blank:
        sharp = blank.context.browser.new_page(viewport={"width": 1200, "height": 800}, device_scale_factor=1.5)
        for each, source in pages(Path(temporary)).items():
            take(sharp, each, source)
            print(f"Written: {path_of(each)}")
