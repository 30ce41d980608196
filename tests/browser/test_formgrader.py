"""A grader can read, score and return a submission with the formgrader in a real browser."""

from __future__ import annotations

import base64
import io
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image

from autograder.nbgrader_bridge.submitted_outputs import NOTE
from tests.browser.accessibility import BROKEN_NAMES, violations
from tests.browser.chromium import Page, Request, chromium, expect
from tests.browser.server import Server, answers, started
from tests.support.commands import Commands
from tests.support.controls import CONTROLS
from tests.support.course import ASSIGNMENT, Course
from tests.support.processes import eventually, family
from tests.support.samples import PNG, ROOT, SOLUTION, answered, cell, scenario

ATTACK = "An answer. <img src=x onerror=\"document.title='attacked'\"><script>document.title='attacked'</script>"
LONG = "A sentence about weights. " * 40
LOADS = (
    "![x](/logout) ![y](https://example.org/a.png) <img src=/logout> <img srcset='/logout 2x'> "
    "<svg><image href=/logout /></svg> <p style='background: url(/logout)'>x</p> <body background=/logout>"
    "<link rel=stylesheet href=/logout>"
)
#: Answers that would press a control, cover the page, imitate it, ask the server for more, and redefine formulas.
HOSTILE = {
    "q1": f'<p class="{" ".join(CONTROLS)}">{LONG}</p>',
    "q2": f'{LONG}\n\n<div class="full-credit modal-backdrop fade"></div>',
    "q3": f'{LONG}\n\n<table class="modal-backdrop in"><tr><td class="navbar-fixed-top">Sign in</td></tr></table>',
    "q4": f"{LONG}\n\n{LOADS}",
    "q5": "<math><mspace width=-99em></math>"
    f"{LONG}\n\n$\\def\\frac#1#2{{0}}$ $\\rlap{{\\kern-30em\\raise20em{{10/10}}}}$",
    "q6": "<div>" * 12_000 + " " * 30_000,
}
#: A student whose folder has a name that is HTML.
NAMED = "<img src=x onerror=document.title=1>"
#: Lets a test decide when a page is made.
WAITING = """
c.HTMLExporter.filters["markdown2html"] = "tests.browser.waiting.markdown2html"
"""
#: Where the pages that were seen are left as pictures, for people: `build/` is nobody's source.
PICTURES = ROOT / "build" / "browser"

pytestmark = [pytest.mark.slow, pytest.mark.frameworks, pytest.mark.usefixtures("need_browser", "need_confinement")]


@pytest.fixture(scope="module")
def course(autograder: Commands, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course.make(tmp_path_factory.mktemp("course"), commands=autograder)
    with (course.folder / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(WAITING)
    course.nbgrader("generate_assignment", ASSIGNMENT)
    glorot = scenario("glorot").build()
    cell(glorot, "q1").source, cell(glorot, "q2").source = ATTACK, "Nobody has marked this yet."
    cell(glorot, "q1_see").outputs = [new_output("display_data", {"image/png": PNG})]
    course.submit("glorot", glorot)
    course.submit(NAMED, answered({"q1": "It waits."}))
    course.submit("mallory", hostile())
    course.autograde()
    course.submit("later", answered({}, SOLUTION))
    return course


def hostile() -> NotebookNode:
    notebook = scenario("glorot").build()
    for question, text in HOSTILE.items():
        cell(notebook, question).source = text
    output = new_output("display_data", {"text/html": LOADS, "image/svg+xml": "<svg><image href='/logout'/></svg>"})
    large = io.BytesIO()
    Image.frombytes("RGB", (1_000, 4_000), random.Random(0).randbytes(12_000_000)).save(large, "png", compress_level=0)
    notebook.cells += [
        new_code_cell("x = 1", outputs=[output]),
        new_markdown_cell(
            "![large](attachment:12%20MB.png) ![none](attachment:/logout)",
            attachments={
                "12 MB.png": {"image/png": base64.b64encode(large.getvalue()).decode()},
                "/logout": {"image/svg+xml": "<svg onload=document.title=1></svg>"},
            },
        ),
    ]
    return notebook


@pytest.fixture(scope="module")
def formgrader(course: Course) -> Iterator[Server]:
    with started(course, "/formgrader") as server:
        yield server


@pytest.fixture(scope="module")
def address(formgrader: Server) -> str:
    return formgrader.address


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    with chromium() as page:
        page.goto(address)
        yield page


def wait_for_scores(page: Page) -> None:
    # Playwright's own wait is a string that the page evaluates, which the page's policy forbids.
    loaded = "Boolean(window.formgrader && formgrader.grades.loaded && formgrader.comments.loaded)"
    assert eventually(lambda: page.evaluate(loaded), 30.0)


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def test_a_grader_finds_the_submission_grades_q1_and_the_student_reads_it(
    course: Course, address: str, page: Page, tmp_path: Path
) -> None:
    root = address.partition("/formgrader")[0]
    page.goto(f"{root}/formgrader/manage_submissions/{ASSIGNMENT}")
    expect(page.get_by_role("gridcell", name="glorot", exact=True)).to_be_visible()
    expect(page.get_by_role("gridcell", name="later", exact=True)).to_be_visible()
    picture(page, "submissions")
    page.goto(f"{root}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    number = submission(course, root, "glorot").rpartition("/")[2]
    page.locator(f"a.name-hidden[href$='{number}']").click()
    score = page.locator("input.score#q1")
    expect(score).to_be_visible()

    # The grader's table and figure, and the mark scheme beside the answer.
    expect(page.get_by_role("heading", name="Mark scheme: students do not see it")).to_have_count(6)
    expect(page.get_by_text(re.compile("(BEGIN|END) MARK SCHEME"))).to_have_count(0)
    expect(page.get_by_role("cell", name="Core. A fitting source.").first).to_be_visible()
    table = page.locator("table.ag-criteria").first
    expect(table).to_contain_text("Glorot")
    expect(page.get_by_role("img", name="The standard deviation is wrong for").first).to_be_visible()
    # The figure that the student saw, and that the mark scheme speaks of.
    expect(page.get_by_text(NOTE.strip())).to_be_visible()
    expect(page.get_by_alt_text("A figure that the student's own run drew.")).to_be_visible()
    # Each result stands on the page once.
    expect(page.get_by_text("Part 1: He initializer in TensorFlow, 0 of 12 points")).to_have_count(1)
    # What a student wrote is shown, and does not run in the grader's browser.
    expect(page.get_by_text("An answer.")).to_be_visible()
    assert page.title() == ASSIGNMENT

    # The page fetches the scores first, and puts what it fetched over whatever stands in the fields.
    wait_for_scores(page)
    comment = page.locator("textarea#q1-comment")
    for field, typed in ((score, "7.5"), (comment, "A fine start, but say *where* it comes from.")):
        field.fill(typed)
        # Whoever reads the gradebook again and again keeps the page from writing to it.
        with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
            field.press("Tab")
        assert saved.value.ok
    picture(page, "grading")
    assert course.scores()["glorot"]["q1"] == (None, 7.5, False)

    course.nbgrader("generate_feedback", ASSIGNMENT, "--student=glorot")
    page.goto((course.folder / f"feedback/glorot/{ASSIGNMENT}/{ASSIGNMENT}.html").as_uri())
    title = "23 of 100 points so far. Q2 is not marked yet."
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    marks = page.locator("#toc li").all_inner_texts()
    assert marks[:2] == ["Q1: 7.5 of 10 points, with a comment", "Q2: not marked yet"]
    assert marks[2] == "Q3: 0 of 10 points, no answer"
    assert marks[6] == "Q7, Part 1: He initializer in TensorFlow: 0 of 12 points"
    expect(page.get_by_text("A fine start, but say where it comes from.")).to_be_visible()
    expect(page.locator("table.ag-criteria").first).to_contain_text("Glorot")
    expect(page.get_by_text("MARK SCHEME")).to_have_count(0)
    assert ["formulas", "loaded"] in page.evaluate(FONTS)


#: Of a heading: the parts of it that lie outside of it, and the share of its width that the box below it has.
HEADINGS = """headings => headings.map(heading => {
    const box = heading.getBoundingClientRect()
    const out = [...heading.children].map(part => part.getBoundingClientRect()).filter(part =>
        part.top < box.top || part.bottom > box.bottom || part.left < box.left || part.right > box.right)
    const below = heading.parentElement.querySelector(".input_area, .text_cell_render").getBoundingClientRect()
    return [out.length, below.width / box.width]
})"""


def test_page_of_feedback_fits_every_screen_and_shows_every_score_on_its_heading(course: Course, page: Page) -> None:
    course.nbgrader("generate_feedback", ASSIGNMENT, "--student=glorot", "--force")
    page.goto((course.folder / f"feedback/glorot/{ASSIGNMENT}/{ASSIGNMENT}.html").as_uri())
    assert page.locator("meta[name=viewport]").count() == 1, "a phone draws the page as wide as a desktop's"
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        headings = page.locator(".nbgrader_cell > .panel-heading").evaluate_all(HEADINGS)
        assert len(headings) > 12
        assert all(outside == 0 and share > 0.9 for outside, share in headings), headings
        # A formula that is wider than a phone scrolls where it stands, which Chromium's keyboard reaches. What a
        # student pasted has the words that the student gave it. Colours are the same at both widths.
        students = {"scrollable-region-focusable", "image-alt"}
        assert [each for each in violations(page, contrast=width == 1280) if each[0] not in students] == []
        picture(page, f"feedback-{width}")


def test_the_autograde_button_grades_in_our_sandbox_and_leaves_no_server_behind(
    course: Course, formgrader: Server, page: Page
) -> None:
    root = formgrader.address.partition("/formgrader")[0]
    page.goto(f"{root}/formgrader/manage_submissions/{ASSIGNMENT}")
    row = page.locator("tr", has_text="later")
    row.locator(".autograde a").click()

    def grades() -> bool:
        return any("sandbox.forkserver" in command for command in family(formgrader.pid).values())

    assert eventually(grades, 60.0)
    expect(page.locator(".modal-title", has_text="Success")).to_be_visible(timeout=60_000)
    assert course.totals()["later"] == 40.0
    assert course.record("later")["result"]["status"] == "graded"

    assert eventually(
        lambda: not any("sandbox.forkserver" in command for command in family(formgrader.pid).values()), 30.0
    )


@dataclass
class Watch:
    """What a page asks for, and complains of, from now on."""

    requests: list[Request]
    errors: list[str]

    @property
    def asked(self) -> list[str]:
        """The requests that the page's policy did not refuse."""
        return [f"{each.method} {each.url}" for each in self.requests if each.failure != "csp"]

    @classmethod
    def on(cls, page: Page) -> Watch:
        made = cls([], [])
        page.on("request", lambda request: made.requests.append(request))  # noqa: PLW0108 (Playwright marks its handlers)
        page.on("console", lambda message: made.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: made.errors.append(str(error)))
        return made


def submission(course: Course, root: str, student: str) -> str:
    with course.gradebook() as gradebook:
        return f"{root}/submissions/{gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student).id}"


FONTS = "document.fonts.ready.then(() => [...document.fonts].map(font => [font.family, font.status]))"
FORMULAS = "[...document.querySelectorAll('math')].map(each => each.outerHTML)"


def test_answers_press_and_cover_no_control_change_no_formula_and_ask_the_server_for_nothing(
    course: Course, address: str, page: Page
) -> None:
    root = address.partition("?")[0]
    page.goto(submission(course, root, "glorot"))
    formulas = page.evaluate(FORMULAS)
    assert ["formulas", "loaded"] in page.evaluate(FONTS)
    watch = Watch.on(page)
    page.goto(submission(course, root, "mallory"))
    wait_for_scores(page)
    picture(page, "hostile")
    before = course.scores()["mallory"]

    click = "all => all.forEach(each => each.dispatchEvent(new MouseEvent('click', {bubbles: true})))"
    page.locator("#notebook .rendered_html :not(a)").evaluate_all(click)
    page.mouse.click(600, 450)
    page.mouse.click(600, 100)
    on_top = (
        "e => { const box = e.getBoundingClientRect(); return document.elementFromPoint(box.x + 5, box.y + 5) === e }"
    )
    for question in HOSTILE:
        button = page.locator(".nbgrader_cell", has=page.locator(f"input.score#{question}")).locator(".full-credit")
        button.scroll_into_view_if_needed()
        assert button.evaluate(on_top)
    page.wait_for_load_state("networkidle")
    own = f"GET {root}/"
    assert [each for each in watch.asked if not each.startswith((own, "GET data:image/"))] == []
    assert watch.errors == []
    assert course.scores()["mallory"] == before
    assert len(formulas) > 20
    assert set(formulas) <= set(page.evaluate(FORMULAS))
    assert page.get_by_alt_text("large").evaluate("picture => [picture.complete, picture.naturalWidth]") == [
        True,
        1_000,
    ]


def test_no_page_of_the_formgrader_runs_or_loads_what_was_put_into_it(course: Course, address: str, page: Page) -> None:
    root = address.partition("?")[0]
    watch = Watch.on(page)
    named = quote(NAMED, safe="")
    submitted = submission(course, root, NAMED)
    for shown in (
        f"{root}/manage_assignments",
        f"{root}/manage_submissions/{ASSIGNMENT}",
        f"{root}/gradebook/{ASSIGNMENT}/{ASSIGNMENT}",
        f"{root}/manage_students",
        f"{root}/manage_students/{named}/{ASSIGNMENT}",
        f"{root}/manage_students/{quote('</script><script>document.title=1</script>', safe='')}",
        submitted,
    ):
        answer = page.goto(shown)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        # Were anything of a student's in the page, its policy would still refuse it.
        page.evaluate("""() => { document.body.insertAdjacentHTML("beforeend",
            "<img src='/logout'><img src=x onerror='document.title=1'><iframe src='/logout'></iframe>");
            const script = document.createElement("script"); script.textContent = "document.title = 1";
            document.body.append(script) }""")
        page.wait_for_load_state("networkidle")
        assert page.title() != "1"
    assert [each for each in watch.asked if not each.startswith(f"GET {root}/")] == []

    # Jupyter's own pages show a student's Markdown, too: the formgrader links to the live notebook.
    answer = page.goto(f"{root.removesuffix('/formgrader')}/tree")
    assert answer.headers["content-security-policy"].startswith("img-src data: blob:;")

    # The files beside a submission are the student's, too.
    name = "page.html"
    (course.folder / "autograded" / NAMED / ASSIGNMENT / name).write_text("<script>document.title=1</script>")
    answer = page.goto(f"{submitted}/{name}")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert page.title() != "1"


def test_lists_and_submissions_fit_a_phone(course: Course, address: str, page: Page) -> None:
    root = address.partition("?")[0]
    page.set_viewport_size({"width": 390, "height": 844})
    for shown in (
        f"{root}/manage_assignments",
        f"{root}/manage_submissions/{ASSIGNMENT}",
        f"{root}/gradebook/{ASSIGNMENT}",
        f"{root}/manage_students",
        submission(course, root, "glorot"),
    ):
        page.goto(shown)
        page.wait_for_load_state("networkidle")
        assert page.locator("meta[name=viewport]").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, shown
    assert page.locator(".highlight pre").evaluate_all(BROKEN_NAMES) == []
    picture(page, "grading-390")
    page.set_viewport_size({"width": 1200, "height": 900})


def test_page_that_takes_long_keeps_no_other_page_waiting(course: Course, address: str) -> None:
    root, _, token = address.partition("?")
    slow, other = (f"{submission(course, root, student)}/?{token}" for student in (NAMED, "glorot"))
    wait = course.folder / "wait"
    wait.touch()
    with ThreadPoolExecutor(1) as elsewhere:
        try:
            waiting = elsewhere.submit(answers, slow)
            assert eventually((course.folder / "waits").exists, 30.0)
            assert answers(other)
            assert not waiting.done()
        finally:
            wait.unlink()
        assert waiting.result()
