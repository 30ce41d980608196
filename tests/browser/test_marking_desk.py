"""Written answers are marked at the desk, in a real browser, under the desk's own content policy."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.assignment.seeds import course_seed
from autograder.marking.score import points
from autograder.nbgrader_bridge.desk.store import Store
from tests.browser.chromium import Page, chromium, expect
from tests.browser.server import Server, started
from tests.browser.test_student_pages import axe
from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course
from tests.support.desk_class import STUDENT, answers, hand_in
from tests.support.samples import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, BrowserContext, Response

PICTURES = ROOT / "build" / "browser"
SIZES = {"phone": (320, 800), "tablet": (640, 900), "desktop": (1280, 900)}
STUDENTS = 12
#: With the one whose answers are hostile.
EVERYBODY = STUDENTS + 1
#: What would show that Markdown ran something, covered something, or asked for something.
HOSTILE = (
    "<script>document.title='attacked'</script><img src=/logout onerror=\"document.title='attacked'\">"
    "<form action=/logout><button>Save</button></form><style>main{display:none}</style>"
    '<div class="foot" id="mark" style="position:fixed;inset:0">x</div>\n\n'
    "$\\frac{1}{$ \u202e turned \u202c $$\\def\\frac#1#2{0}$$\n\n"
    + "> " * 400
    + "deep\n\n"
    + "A long answer. " * 60_000
)

pytestmark = [pytest.mark.slow, pytest.mark.frameworks, pytest.mark.usefixtures("need_browser")]


@pytest.fixture(scope="module")
def course(autograder: Commands, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course.make(tmp_path_factory.mktemp("course"), commands=autograder)
    course.nbgrader("generate_assignment", ASSIGNMENT)
    hand_in(course, answers(STUDENTS) | {"mallory": {"q3": HOSTILE, "q4": "Fine."}})
    return course


@pytest.fixture(scope="module")
def server(course: Course) -> Iterator[Server]:
    with started(course, "/desk/") as server:
        yield server


@dataclass
class Watch:
    """What a browser asked for, with the headers that it got, and what it complained of."""

    answers: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def of(self, context: BrowserContext) -> Watch:
        def keep(response: Response) -> None:
            self.answers.append((response.url, response.headers))

        context.on("response", keep)
        context.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        return self


def marker(page: Page, server: Server, initials: str) -> tuple[Page, Watch]:
    """Open the desk in a browser of its own, and say who marks."""
    context = page.context.browser.new_context(viewport={"width": 1280, "height": 900})
    watch = Watch().of(context)
    own = context.new_page()
    own.set_default_timeout(30_000)
    own.goto(server.address)
    own.get_by_label("Your initials or your name").fill(initials)
    own.keyboard.press("Enter")
    expect(own.get_by_role("heading", name="Marking desk")).to_be_visible()
    return own, watch


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Page]:
    expect.set_options(timeout=30_000)
    with chromium() as page:
        yield page
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def ann(browser: Page, server: Server) -> tuple[Page, Watch]:
    return marker(browser, server, "ann")


@pytest.fixture(scope="module")
def bob(browser: Page, server: Server) -> tuple[Page, Watch]:
    return marker(browser, server, "bob")


def store(course: Course) -> Store:
    return Store(course.db_url, seed=course_seed(course.folder))


def at(page: Page) -> str:
    return page.locator("#marking").get_attribute("data-grade")


def saved(page: Page, *keys: str) -> str:
    """Press keys on an answer, the last of which saves, and wait for the next page; return the answer's id."""
    grade = at(page)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator(f"#marking[data-grade='{grade}']")).to_have_count(0)
    expect(page.locator("#said")).to_contain_text("saved.")
    return grade


def test_keys_mark_a_class_and_gradebook_feedback_and_export_agree(
    course: Course, server: Server, ann: tuple[Page, Watch], tmp_path: Path
) -> None:
    page, watch = ann
    page.get_by_role("link", name="Q1", exact=True).click()
    scheme = store(course).rubric("q1").scheme
    pressed = {}
    recipes = [("1", "4", "Enter"), ("1", "b", "3", ".", "Enter"), ("f", "Shift+4", "Enter"), ("0", "Enter")]
    for number in range(EVERYBODY):
        page.locator("#also input:checked").evaluate_all("all => all.forEach(each => { each.checked = false })")
        keys = recipes[number % len(recipes)]
        shown = page.locator("#score")
        for key in keys[:-1]:
            page.keyboard.press(key)
        text = shown.inner_text()
        pressed[saved(page, keys[-1])] = (len(keys), text)
    expect(page.get_by_text("Every answer of this question is marked")).to_be_visible()
    assert sum(keys for keys, _ in pressed.values()) / len(pressed) <= 6
    assert len(pressed) == EVERYBODY

    marks = {each: store(course).answer(each).mark for each in pressed}
    for grade, (_, text) in pressed.items():
        mark = marks[grade]
        assert points(scheme, mark.given, mark.adjustment) == mark.written_score
        assert float(text.replace("½", ".5").replace("−", "-")) == mark.written_score, "the page computes as the server"
    assert {mark.by for mark in marks.values()} == {"ann"}
    by_hand = sorted(scores["q1"][1] for scores in course.scores().values())
    assert by_hand == sorted(mark.written_score for mark in marks.values())
    assert len(set(by_hand)) == len(recipes)

    page.goto(f"{server.root}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    course.nbgrader("generate_feedback", ASSIGNMENT, f"--student={STUDENT.format(0)}")
    exported = tmp_path / "grades.csv"
    course.nbgrader("export", "--exporter=autograder.nbgrader_bridge.export.QuestionsExport", f"--to={exported}")
    with exported.open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    theirs = course.scores()[STUDENT.format(0)]["q1"][1]
    assert float(rows[STUDENT.format(0)]["q1"]) == theirs
    feedback = course.feedback(STUDENT.format(0))
    assert "A fitting source" in feedback, "the comment names the items"
    assert "[Errno" not in feedback
    remote = [url for url, _ in watch.answers if not url.startswith((f"{server.root}/", "data:"))]
    assert (remote, watch.errors) == ([], [])
    policies = [headers["content-security-policy"] for url, headers in watch.answers if "/desk/q/" in url]
    assert policies
    assert all("'unsafe-eval'" not in each and "script-src 'nonce-" in each for each in policies)


def test_two_markers_of_one_answer_are_told_of_each_other_and_nothing_is_lost(
    course: Course, server: Server, ann: tuple[Page, Watch], bob: tuple[Page, Watch]
) -> None:
    (first, _), (second, watch) = ann, bob
    grade = next(each.grade_id for each in store(course).queue("q2"))
    for page in (first, second):
        page.goto(f"{server.root}/desk/q/q2?at={grade}")
    saved(first, "1", "Enter")
    second.keyboard.press("f")
    second.keyboard.press("Enter")
    alert = second.get_by_role("alert").filter(has_text="Nothing was saved")
    expect(alert).to_contain_text("ann gave 2")
    assert store(course).answer(grade).mark.by == "ann"
    second.get_by_role("button", name="Keep mine").click()
    expect(second.locator("#said")).to_contain_text("10 of 10, saved.")
    mark = store(course).answer(grade).mark
    assert (mark.by, mark.written_score) == ("bob", 10.0)
    assert [each.by for each in store(course).log(grade_id=grade)] == ["ann", "bob"]
    refused = [each for each in watch.errors if "409" not in each]
    assert refused == []


def test_every_key_does_what_the_list_of_keys_says(course: Course, server: Server, bob: tuple[Page, Watch]) -> None:
    page, _ = bob
    page.goto(f"{server.root}/desk/q/q2")
    score = page.locator("#score")
    for keys, expected in (
        (("1",), "2"),
        (("a",), "1"),
        (("."), "1½"),
        (("-",), "1"),
        (("+", "+"), "2"),
        (("Shift+1",), "1"),
        (("2", "c"), "2½"),
        (("f",), "9"),
        (("0",), "0"),
    ):
        for key in keys:
            page.keyboard.press(key)
        expect(score).to_have_text(expected)
    page.keyboard.press("f")
    first = saved(page, "Enter")
    page.keyboard.press("=")
    expect(score).to_have_text("10")
    page.keyboard.press("1")
    page.keyboard.press("p")
    expect(page.locator("#said")).to_contain_text("Press the key again")
    page.keyboard.press("p")
    expect(page.locator(f"#marking[data-grade='{first}']")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator(f"#marking[data-grade='{first}']")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("#said")).to_contain_text("undone")
    assert at(page) == first
    assert store(course).answer(first).status.score is None
    page.keyboard.press("t")
    page.keyboard.type("f5 is text in a field, and no key.")
    expect(score).to_have_text("0")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Keys without Control act outside of fields").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(score).to_have_text("0")
    page.get_by_role("button", name="Keys ?").click()
    page.get_by_label("Keys without Control act outside of fields").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("f")
    expect(score).to_have_text("10")
    saved(page, "m")
    answer = store(course).answer(first)
    assert (answer.status.state, answer.mark.note) == ("look", "f5 is text in a field, and no key.")


def test_the_same_answers_are_marked_together_and_one_can_be_left_out(
    course: Course, server: Server, bob: tuple[Page, Watch]
) -> None:
    page, _ = bob
    group = next(each for each in store(course).queue("q1") if each.together == 3)
    members = [each.grade_id for each in store(course).group(group.grade_id)]
    page.goto(f"{server.root}/desk/q/q1?at={group.grade_id}&filter=all")
    expect(page.get_by_text("2 other answers say the same")).to_be_visible()
    expect(page.locator("#also del, #also ins").first).to_be_attached()
    page.goto(f"{server.root}/desk/q/q1/group/{group.grade_id}")
    expect(page.get_by_role("heading", level=2)).to_have_count(2)
    page.goto(f"{server.root}/desk/q/q1/compare?a={members[0]}&b={members[2]}")
    assert page.locator("del").all_inner_texts() != page.locator("ins").all_inner_texts()


def test_a_changed_mark_scheme_says_first_what_moves(course: Course, server: Server, ann: tuple[Page, Watch]) -> None:
    page, _ = ann
    before = {each.grade_id: each.score for each in store(course).queue("q1")}
    had = {each for each in before if store(course).answer(each).mark.given.get("q1.e4")}
    assert had
    page.goto(f"{server.root}/desk/q/q1/rubric")
    text = page.get_by_label("Mark scheme, in Markdown")
    scheme = text.input_value()
    text.fill(scheme.replace("such as 1. | −1 |", "such as 1. | −2 |"))
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text(f"{len(had)} scores change, by −{len(had)} points together.")).to_be_visible()
    assert {each.grade_id: each.score for each in store(course).queue("q1")} == before
    page.get_by_role("button", name="Change the mark scheme").click()
    expect(page.locator("#said")).to_contain_text("scores change")
    after = {each.grade_id: each.score for each in store(course).queue("q1")}
    assert {each for each in before if before[each] != after[each]} == had
    page.goto(f"{server.root}/desk/q/q1/rubric")
    text.fill(scheme.replace("| 2 |", "| 3 |", 1))
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("alert")).to_contain_text("q1, row 1")


def test_no_byte_that_a_marker_gets_names_a_student(
    course: Course, server: Server, browser: Page, ann: tuple[Page, Watch]
) -> None:
    page, watch = marker(browser, server, "eve")
    grades = [each.grade_id for each in store(course).queue("q1")]
    places = ["", "agreement", "similar", "requests", "log", f"log?grade_id={grades[0]}", "q/q1/rubric", "q/q9"]
    places += [f"q/q1?at={each}&filter=all" for each in grades]
    places += [f"q/q1?filter={each}" for each in ("unmarked", "mine", "look", "stale", "overruled", "second", "none")]
    places += [
        f"q/q1/group/{grades[0]}",
        f"q/q1/compare?a={grades[0]}&b={grades[1]}",
        "q/q1?at=0",
        "q/q2?at=" + grades[0],
    ]
    places += ["static/desk.js", "static/desk.css"]
    answered = [page.context.request.get(f"{server.root}/desk/{place}") for place in places]
    page.goto(f"{server.root}/desk/q/q2")
    with page.expect_response("**/api/mark") as saving:
        page.keyboard.press("1")
        page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("saved.")
    told = [(each.url, each.headers, each.text()) for each in answered]
    told.append((saving.value.url, saving.value.headers, json.dumps(saving.value.request.post_data_json)))
    told += [(url, headers, "") for url, headers in (*watch.answers, *ann[1].answers) if "/desk/" in url]
    assert len([each for each in answered if each.ok]) > len(grades) + 10
    for url, headers, text in told:
        assert not re.search(rf"zztopf|mallory|{course.folder}|\.ipynb", url + json.dumps(headers) + text), url


def test_requests_that_are_not_the_desks_own_are_refused(
    server: Server, browser: Page, bob: tuple[Page, Watch]
) -> None:
    stranger = browser.context.browser.new_context()
    assert "/login" in stranger.request.get(f"{server.root}/desk/").url
    assert stranger.request.get(f"{server.root}/desk/q/q1").url != f"{server.root}/desk/q/q1"
    page, _ = bob
    page.goto(f"{server.root}/desk/q/q1?filter=all")
    mark = {
        "grade_id": at(page), "rev": 0, "rubric_rev": 1, "given": {}, "answer_sha256": "", "note": "", "also": [],
    }  # fmt: skip

    def answer(content: object, **headers: str) -> APIResponse:
        data = content if isinstance(content, str) else json.dumps(content)
        return page.context.request.post(f"{server.root}/desk/api/mark", data=data, headers=headers)

    token = {"X-XSRFToken": page.locator("body").get_attribute("data-xsrf")}
    assert answer(mark).status == 403
    assert answer({**mark, "by": "ann"}, **token).status == 422
    assert answer({**mark, "note": "x" * 70_000}, **token).status == 413
    assert answer("[" * 60_000, **token).status == 422
    assert answer({**mark, "given": {"q1.1a": float("inf")}}, **token).status == 422
    assert answer(mark, **token).status == 409


def test_hostile_answers_are_shown_harmlessly(course: Course, server: Server, bob: tuple[Page, Watch]) -> None:
    page, watch = bob
    before = len(watch.answers)
    watch.errors.clear()
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("q3", ASSIGNMENT, ASSIGNMENT, "mallory").id
    page.goto(f"{server.root}/desk/q/q3?at={grade}")
    answer = page.get_by_role("article", name="Answer")
    expect(answer).to_contain_text("turned")
    expect(answer).to_contain_text("cut: this cell has")
    assert page.title() != "attacked"
    assert answer.locator("script, form, style, button, [id]").count() == 0
    page.wait_for_load_state("networkidle")
    asked = [url for url, _ in watch.answers[before:]]
    assert all(url.startswith((f"{server.root}/desk/", "data:")) for url in asked), asked
    assert watch.errors == []
    page.get_by_role("button", name="Save and next").click()
    expect(page.locator("#said")).to_contain_text("0 of 10, saved.")
    assert course.scores()["mallory"]["q3"][1] == 0.0


@pytest.fixture(scope="module")
def places(course: Course) -> dict[str, str]:
    grades = [each.grade_id for each in store(course).queue("q1")]
    return {
        "home": "",
        "question": f"q/q1?at={grades[0]}&filter=all",
        "compare": f"q/q1/compare?a={grades[0]}&b={grades[1]}",
        "group": f"q/q1/group/{grades[0]}",
        "rubric": "q/q1/rubric",
        "agreement": "agreement",
        "similar": "similar",
        "requests": "requests",
        "log": "log",
        "who": "who",
    }


def test_every_page_fits_every_screen_and_keeps_nobody_out(
    server: Server, ann: tuple[Page, Watch], places: dict[str, str]
) -> None:
    page, watch = ann
    watch.errors.clear()
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        for name, place in places.items():
            page.goto(f"{server.root}/desk/{place}")
            page.evaluate(axe())
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                for theme in ("light", "dark"):
                    page.emulate_media(color_scheme=theme)
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, size)
                    if size == "desktop" or theme == "light":
                        found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
                        told = [(v["id"], n["html"][:200]) for v in found["violations"] for n in v["nodes"][:3]]
                        assert not told, (name, size, theme)
                    page.screenshot(path=PICTURES / f"desk-{name}-{size}-{theme}.png", full_page=True)
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
    page.goto(f"{server.root}/desk/{places['question']}")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen", color_scheme="light")
    assert watch.errors == []


def test_the_mark_scheme_is_heard_and_reached_in_the_order_of_the_page(
    server: Server, ann: tuple[Page, Watch], places: dict[str, str]
) -> None:
    page, _ = ann
    page.goto(f"{server.root}/desk/{places['question']}")
    for landmark in ("banner", "main", "complementary", "status"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    expect(page.get_by_role("group", name=re.compile(r"^1 Core .* of 2$"))).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile(r"^1 a What vanishes"))).to_be_visible()
    expect(page.get_by_role("radiogroup", name=re.compile("Two remedies"))).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the answer")).to_be_focused()
    page.keyboard.press("Enter")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.id")
        if name and name not in reached:
            reached.append(name)
    items = [each for each in reached if each.startswith("q1.")]
    assert items == sorted(items, key=lambda key: (".e" in key, key))
    assert reached.index(items[-1]) < reached.index("note") < reached.index("save")
