"""The pages that a student opens work in a real browser: the HTML report, and the executed notebook as a page.

Both run and load nothing. They fit a phone and a desktop, work in dark mode, and pass an accessibility check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.publishing.notebook_page import NotebookPage
from autograder.report import html
from tests.browser.accessibility import BROKEN_NAMES, violations
from tests.browser.chromium import Page, chromium, expect
from tests.support.executed import executed_release
from tests.support.graders import Grader
from tests.support.samples import ROOT, SOLUTION, answered, cell, read, scenario, write

PICTURES = ROOT / "build" / "browser"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}

HARM = (
    "<script>document.title='attacked'</script><img src=x onerror=\"document.title='attacked'\">"
    "<svg onload=\"document.title='attacked'\"><iframe src='https://example.org'></iframe>"
    "<meta http-equiv='refresh' content='0;url=https://example.org'><style>main{display:none}</style>"
    "<a href=\"javascript:document.title='attacked'\">press</a><form action='https://example.org'><button>x</button></form>"
)


pytestmark = [pytest.mark.slow, pytest.mark.frameworks, pytest.mark.usefixtures("need_browser")]


@dataclass(frozen=True)
class Pages:
    """Files to open, by what they are."""

    report: Path
    notebook: Path
    hostile_report: Path
    hostile_notebook: Path


@pytest.fixture(scope="module")
def pages(grader: Grader, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("pages")

    def saved(name: str, page: str) -> Path:
        path = folder / f"{name}.html"
        path.write_text(page, encoding="utf-8")
        return path

    wrong = grader.grade(write(scenario("glorot").build(), folder / "glorot.ipynb"), 1)
    right = grader.grade(write(scenario("reference").build(), folder / "reference.ipynb"), 1)

    # HTML and scripts in every place that student text comes from: exceptions, files' and cells' names, answers.
    raising = f"def tf_he_normal(shape):\n    raise ValueError({HARM!r})"
    hostile = answered({"q7_tf_initializer": raising, "q1": HARM}, SOLUTION)
    hostile.cells.insert(3, new_code_cell(f"raise KeyError({HARM!r})  # {HARM}"))
    graded = grader.grade(write(hostile, folder / "x<script>document.title='attacked'<" / "script>.ipynb"), 1)
    hostile.cells.append(new_markdown_cell(f"{HARM}\n\n[l](javascript:alert(1)) ![i](https://example.org/x.png)"))
    own = new_code_cell("print()")
    own.outputs = [
        new_output("display_data", data={"text/html": HARM, "application/javascript": "document.title='attacked'"}),
        new_output("display_data", data={"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{HARM}</svg>"}),
        new_output("stream", name="stdout", text=HARM),
        new_output("error", ename="E", evalue=HARM, traceback=[HARM]),
    ]
    hostile.cells.append(own)
    cell(hostile, "q7_tf_initializer_check").outputs = [new_output("display_data", data={"text/html": HARM})]

    executed = read(executed_release(tmp_path_factory))
    return Pages(
        report=saved("report", html.render([wrong, right])),
        notebook=saved("notebook", NotebookPage().from_notebook_node(executed)[0]),
        hostile_report=saved("hostile_report", html.render([graded])),
        hostile_notebook=saved("hostile_notebook", NotebookPage().from_notebook_node(hostile)[0]),
    )


#: Where the parts of each formula of a page lie: `left`, `top`, `right` and `bottom` by the part's text.
BOXES = """() => [...document.querySelectorAll("math")].map(math => Object.fromEntries(
    [...math.querySelectorAll("mi, mn, mo")].map(part => [part.textContent, part.getBoundingClientRect().toJSON()])
))"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as page:
        yield page


class Watch:
    """What a page asked for and complained of while it was open."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def remote(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@pytest.mark.parametrize("which", ["report", "notebook"])
def test_page_loads_nothing_fits_every_screen_and_keeps_nobody_out(page: Page, pages: Pages, which: str) -> None:
    watch = Watch(page)
    page.goto(getattr(pages, which).as_uri())
    assert page.locator("main").count() == 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (size, theme)
            cut = page.locator(".wide").evaluate_all("all => all.filter(each => each.scrollWidth > each.clientWidth)")
            assert not cut, (size, "a table is cut off")
            # Colours are the same at every size, and looking at them takes longest: once for each theme will do.
            assert violations(page, contrast=size == "desktop") == [], (size, theme)
            if (size, theme) in (("phone", "light"), ("desktop", "dark")):  # for people; a long page takes seconds
                page.screenshot(path=PICTURES / f"{which}-{size}-{theme}.png", full_page=True)
                assert page.locator(".highlight pre").evaluate_all(BROKEN_NAMES) == [], size
    for image in page.get_by_role("img").all():
        words = image.get_attribute("alt") or image.get_attribute("aria-label")
        assert len(words.split()) > 15, "a figure says in words what it shows"
    assert (watch.remote, watch.errors) == ([], [])


def test_formulas_look_as_tex_sets_them_with_the_font_that_the_page_brings(page: Page) -> None:
    latex = (r"10^n", "z_l", "f'(x)", r"$\prod_{l=1}^{L} x$", r"\frac{a}{b}", r"\hat{y}", r"\lVert g\rVert^2", "n/m")
    cells = [new_markdown_cell("\n\n".join(f"${formula}$" for formula in latex))]
    page.set_content(NotebookPage().from_notebook_node(new_notebook(cells=cells))[0])
    page.evaluate("document.fonts.ready.then(() => null)")
    assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"]
    power, index, prime, product, fraction, hat, norm, quotient = page.evaluate(BOXES)

    def middle(box: dict[str, float], *, across: bool = False) -> float:
        return (box["left"] + box["right"]) / 2 if across else (box["top"] + box["bottom"]) / 2

    # A superscript stands at its base's upper half and above it, and not higher; a subscript, at the lower half.
    base, script = power["10"], power["n"]
    assert script["left"] - base["right"] < 0.1 * base["height"]
    assert script["top"] < base["top"] + 0.1 * base["height"] < script["bottom"] < middle(base)
    base, script = index["z"], index["l"]
    assert middle(base) < middle(script) < script["bottom"]
    assert script["top"] < base["bottom"] < script["bottom"]
    assert script["left"] - base["right"] < 0.1 * base["height"]
    # A prime is high beside its base, and no dot.
    assert prime["′"]["bottom"] < middle(prime["f"])
    assert prime["′"]["height"] > 0.3 * prime["f"]["height"]
    assert prime["f"]["top"] - prime["′"]["top"] < 0.1 * prime["f"]["height"]
    # A product is larger than what it multiplies; its limits stand above and below it, clear of it.
    sign = product["∏"]
    assert sign["height"] > 2.5 * product["x"]["height"]
    assert product["L"]["bottom"] < sign["top"]
    assert sign["bottom"] < product["1"]["top"]
    for limit in ("L", "="):
        assert abs(middle(product[limit], across=True) - middle(sign, across=True)) < 0.1 * sign["width"]
    # The parts of a fraction are clear of the bar between them, and of each other.
    assert fraction["b"]["top"] - fraction["a"]["bottom"] > 0.2 * fraction["a"]["height"]
    assert hat["^"]["bottom"] <= hat["y"]["top"] + 1
    assert abs(middle(hat["^"], across=True) - middle(hat["y"], across=True)) < 0.2 * hat["y"]["width"]
    # Both bars of a norm are as high as each other, and hold its content closely, as does a quotient's stroke.
    assert norm["‖"]["top"] < norm["g"]["top"] < norm["g"]["bottom"] <= norm["‖"]["bottom"]
    assert norm["‖"]["left"] - norm["g"]["right"] < 1
    assert quotient["m"]["left"] - quotient["n"]["right"] < 1.2 * quotient["/"]["width"]


def test_report_is_used_with_a_keyboard_and_heard(page: Page, pages: Pages) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(pages.report.as_uri())
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the results")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#results")
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    for width in SIZES.values():
        # On a phone, too, where its columns are stacked, a table is a table to those who hear it.
        page.set_viewport_size({"width": width[0], "height": width[1]})
        table = page.get_by_role("table", name="Part 1: He initializer in TensorFlow, 0 of 12 points")
        row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="variance", exact=True))
        expect(row.get_by_role("cell").first).to_have_text("✗ failed")
    expect(page.get_by_role("img", name="The standard deviation is wrong for").first).to_be_visible()
    expect(page.get_by_role("img", name="Your hidden layers keep the signal").first).to_be_visible()


def test_figure_of_a_report_comes_first_and_is_legible_on_a_phone(page: Page, pages: Pages) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(pages.report.as_uri())
    letters = page.evaluate("""() => [...document.querySelectorAll("figure svg text")].map(text => {
        const svg = text.ownerSVGElement
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
        return parseFloat(getComputedStyle(text).fontSize) * scale
    })""")
    assert len(letters) > 100
    assert min(letters) >= 11.0
    part = page.locator(".ag-question").first
    figure, numbers, criteria = (part.locator(each) for each in ("svg", ".ag-numbers", ".ag-criteria"))
    tops = [each.bounding_box()["y"] for each in (figure, numbers, criteria)]
    assert tops == sorted(tops)
    # On a wide screen, the numbers of the figure stand beside it.
    page.set_viewport_size({"width": 1280, "height": 900})
    assert numbers.bounding_box()["x"] > figure.bounding_box()["x"] + figure.bounding_box()["width"]
    for heading in page.locator("h2[id^=result]").all():
        assert "/" not in heading.inner_text(), "a heading names the file, and not the folders above it"


def test_report_prints_on_white_with_its_figures_whole(page: Page, pages: Pages) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(pages.report.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).breakInside") == "avoid"
    page.emulate_media(media="screen")


@pytest.mark.parametrize("which", ["hostile_report", "hostile_notebook"])
def test_a_submission_full_of_html_and_script_injects_nothing(page: Page, pages: Pages, which: str) -> None:
    watch = Watch(page)
    path = getattr(pages, which)
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.title() in ("Weight Initialization Techniques: grading report", "Notebook")
    assert page.url == path.as_uri()
    expect(page.locator("main")).to_be_visible()
    assert page.locator("script, iframe, form, main meta, main style, img[src^=http], img[src=x]").count() == 0
    assert page.locator("[onerror], [onload], [href^=javascript]").count() == 0
    assert watch.remote == []
    assert watch.errors == []  # nothing is left for the page's own policy to refuse
    if which == "hostile_report":
        expect(page.get_by_text("<script>document.title='attacked'</script>").first).to_be_visible()
