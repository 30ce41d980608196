"""Written answers are marked at the desk, in a real browser, under the desk's own content policy."""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograder.assignment.seeds import course_seed
from autograder.cli.mark.request_files import read_requests
from autograder.marking.scheme import amount
from autograder.marking.score import points
from autograder.nbgrader_bridge.desk.model import SaveMark, Wanted
from autograder.nbgrader_bridge.desk.regrade_requests import Asked
from autograder.nbgrader_bridge.desk.store import Store
from tests.browser.accessibility import violations
from tests.browser.chromium import Page, chromium, expect
from tests.browser.server import Server, started
from tests.browser.test_formgrader import wait_for_scores
from tests.support.commands import Commands
from tests.support.course import ASSIGNMENT, Course
from tests.support.desk_class import STUDENT, answers, hand_in
from tests.support.missing import need
from tests.support.postgresql import postgresql, programs
from tests.support.processes import eventually

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, BrowserContext, Dialog, Locator, Response, Route

#: 640 pixels are what a window of 1280 has left at 200 %.
SIZES = {"phone": (320, 800), "enlarged": (640, 450), "desktop": (1280, 900)}
STUDENTS = 24
#: What would show that an answer ran something, covered something, or asked for something.
HOSTILE = {
    "q3": "<script>document.title='attacked'</script><img src=/logout onerror=\"document.title='attacked'\">"
    "<form action=/logout><button>Save</button></form><style>main{display:none}</style>"
    '<div class="foot" id="mark" style="position:fixed;inset:0" onclick="document.title=\'attacked\'">x</div>\n\n'
    "[press](javascript:document.title='attacked') $\\frac{1}{$ $$\\def\\frac#1#2{0}$$\n\n"
    + "> " * 400
    + "deep\n\n"
    + "A long answer. " * 60_000,
    "q4": "\u202e turned \u202c and \0 nothing, \u2066 never closed.\n\n"
    "<math><mtext><img src=/logout onerror=\"document.title='attacked'\"></mtext>"
    "<annotation-xml encoding='text/html'><script>document.title='attacked'</script></annotation-xml>"
    "<maction actiontype='toggle' onclick=\"document.title='attacked'\"><mi>x</mi></maction>"
    "<mspace width='-99em'></mspace></math>\n\n<svg><animate onbegin=\"document.title='attacked'\"></svg>",
}
ARABIC = "تتلاشى التدرجات لأن الانتشار العكسي يضرب عاملا لكل طبقة، والعوامل أصغر من واحد، فلا تتعلم الطبقات الأولى."
CHINESE = "梯度消失是因为反向传播在每一层都乘上一个小于一的因子，所以靠近输入的层几乎学不到东西。"
MIXED = f"The paper says: {CHINESE} {ARABIC}"
#: Each of two wrote the same; the last one, in two scripts, stands alone.
SCRIPTS = {"amira": ARABIC, "omar": ARABIC, "li": CHINESE, "wei": CHINESE, "zhang": CHINESE, "mixed": MIXED}
EVERYBODY = STUDENTS + 1 + len(SCRIPTS)

pytestmark = [pytest.mark.slow, pytest.mark.frameworks, pytest.mark.usefixtures("need_browser")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on PostgreSQL, too, what locks, races or writes there in another way than in a file."""
    both = metafunc.function in (
        test_keys_mark_a_class_and_gradebook_feedback_and_export_agree,
        test_two_markers_of_one_answer_are_told_of_each_other_and_nothing_is_lost,
        test_the_same_answers_are_marked_together_and_each_can_be_taken_out,
        test_a_changed_mark_scheme_says_first_what_moves_and_is_undone_with_a_key,
    )
    kinds = ["SQLite", *[pytest.param("PostgreSQL", marks=pytest.mark.database)] * both]
    metafunc.parametrize("db_url", kinds, indirect=True, scope="module")


@pytest.fixture(scope="module")
def db_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of an empty gradebook; None for a file in the course folder."""
    if request.param == "SQLite":
        yield None
        return
    tools = need(programs)
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder, postgresql(Path(folder), tools) as address:
        yield address


@pytest.fixture(scope="module")
def course(autograder: Commands, db_url: str | None, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course.make(tmp_path_factory.mktemp("course"), db_url, autograder)
    course.nbgrader("generate_assignment", ASSIGNMENT)
    in_scripts = {student: {"q5": text} for student, text in SCRIPTS.items()}
    hand_in(course, answers(STUDENTS) | {"mallory": HOSTILE} | in_scripts)
    return course


@pytest.fixture(scope="module")
def server(course: Course) -> Iterator[Server]:
    with started(course, "/desk/") as server:
        yield server


@pytest.fixture(scope="module")
def store(course: Course, server: Server) -> Iterator[Store]:
    store = Store(course.db_url, seed=course_seed(course.folder))
    yield store
    store.close()


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


@dataclass(frozen=True)
class Marker:
    """A marker at a browser of their own."""

    page: Page
    watch: Watch

    def at(self) -> str:
        """The answer on the page."""
        return self.page.locator("#marking").get_attribute("data-grade")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def save(self, *keys: str) -> str:
        """Press keys on an answer, the last of which saves, and wait for the next page; return the answer's id."""
        grade = self.at()
        self.press(*keys)
        expect(self.page.locator(f"#marking[data-grade='{grade}']")).to_have_count(0)
        self.hears(", saved")
        return grade

    def hears(self, words: str) -> None:
        expect(self.page.get_by_role("status")).to_contain_text(words)

    def is_told(self, words: str) -> None:
        """A problem, beside which nothing says any more that all is well."""
        alert = self.page.get_by_role("alert").first
        expect(alert).to_contain_text(words)
        expect(alert).to_be_in_viewport()
        expect(self.page.get_by_role("status")).to_be_empty()

    def stays(self, link: Locator) -> None:
        """Follow a link, be asked whether to leave what is not saved, and stay."""
        asked = []

        def answer(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        self.page.once("dialog", answer)
        address = self.page.url
        link.click(no_wait_after=True)
        assert eventually(lambda: self.page.evaluate("true") and asked == ["beforeunload"], 30.0)
        assert self.page.url == address


class Markers:
    """The markers of a desk by their initials. Each logs in when first named."""

    def __init__(self, first: Page, server: Server) -> None:
        self._first, self._server = first, server
        self.by_name: dict[str, Marker] = {}

    def __getitem__(self, initials: str) -> Marker:
        if initials not in self.by_name:
            context = self._first.context.browser.new_context(viewport={"width": 1280, "height": 900})
            marker = Marker(context.new_page(), Watch().of(context))
            marker.page.set_default_timeout(30_000)
            marker.page.goto(self._server.address)
            marker.page.get_by_label("Your initials or your name").fill(initials)
            marker.press("Enter")
            expect(marker.page.get_by_role("heading", name="Marking desk")).to_be_visible()
            assert eventually(lambda: not _reads(marker.page), 60.0)
            self.by_name[initials] = marker
        return self.by_name[initials]

    def opens(self, initials: str, place: str) -> Marker:
        """Open a page of the desk."""
        self[initials].page.goto(f"{self._server.root}/desk/{place}")
        return self[initials]


def _reads(page: Page) -> bool:
    """Load the first page again, and return whether the desk still reads answers."""
    page.reload()
    return page.get_by_text("New answers are being read").count() > 0


@pytest.fixture(scope="module")
def everyone(server: Server) -> Iterator[Markers]:
    expect.set_options(timeout=30_000)
    with chromium() as page:
        yield Markers(page, server)
    expect.set_options(timeout=5_000)


@pytest.fixture(autouse=True)
def nothing_is_remote_and_the_policy_holds(server: Server, everyone: Markers) -> Iterator[None]:
    """After each test: the desk asked nobody else, its policy was in force, and no browser complained of anything."""
    yield
    for marker in everyone.by_name.values():
        watch = marker.watch
        assert [url for url, _ in watch.answers if not url.startswith((f"{server.root}/", "data:"))] == []
        pages = [headers["content-security-policy"] for url, headers in watch.answers if "/desk/q/" in url]
        assert all("default-src 'none'" in each and "script-src 'nonce-" in each for each in pages)
        # The browser notes each refusal of the server's, which is no fault of the page's.
        assert [each for each in watch.errors if not re.search(r"status of 4(09|22)", each)] == []
        watch.answers.clear()
        watch.errors.clear()


def test_keys_mark_a_class_and_gradebook_feedback_and_export_agree(
    course: Course, everyone: Markers, store: Store, tmp_path: Path
) -> None:
    ann = everyone["ann"]
    page = ann.page
    page.get_by_role("link", name="Q1", exact=True).press("Enter")
    expect(page.locator("#marking")).to_be_visible()
    scheme = store.rubric("q1").scheme
    #: By their points: the three graded answers that end the scheme, and one with two false statements.
    recipes = {
        3.0: ("a", "c", "3", "Enter"),
        6.0: ("1", "2", "3", "4", "Enter"),
        9.0: ("f", "d", "d", "Enter"),
        1.0: ("1", "3", "v", "w", "Enter"),
    }
    shown: dict[str, str] = {}
    pressed = 0
    while page.locator("#marking").count():
        keys = list(recipes.values())[len(shown) % len(recipes)]
        together = page.locator("#also input:checked").evaluate_all("all => all.map(each => each.value)")
        ann.press(*keys[:-1])
        text = page.locator("#score").inner_text()
        saved = ann.save(keys[-1])
        shown |= dict.fromkeys((saved, *together), text)
        pressed += len(keys)
    expect(page.get_by_text("Every answer of this question is marked")).to_be_visible()
    assert len(shown) == EVERYBODY
    assert EVERYBODY < pressed < 6 * EVERYBODY

    marks = {each: store.answer(each).mark for each in shown}
    for grade, text in shown.items():
        mark = marks[grade]
        assert points(scheme, mark.given, mark.adjustment) == mark.written_score
        assert float(text.replace("½", ".5").replace("−", "-")) == mark.written_score, "the page computes as the server"
        assert mark.given
    assert {mark.by for mark in marks.values()} == {"ann"}
    by_hand = sorted(scores["q1"][1] for scores in course.scores().values())
    assert by_hand == sorted(mark.written_score for mark in marks.values())
    assert set(by_hand) == set(recipes)

    student = STUDENT.format(0)
    course.nbgrader("generate_feedback", ASSIGNMENT, f"--student={student}")
    exported = tmp_path / "grades.csv"
    course.nbgrader("export", "--exporter=autograder.nbgrader_bridge.export.QuestionsExport", f"--to={exported}")
    with exported.open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert float(rows[student]["q1"]) == course.scores()[student]["q1"][1]
    assert "A fitting source" in course.feedback(student), "the comment names the items"
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student).id
        grade = gradebook.find_grade("q1", ASSIGNMENT, ASSIGNMENT, student)
    formgrader = everyone["reader"].page
    formgrader.goto(page.url.partition("/desk/")[0] + f"/formgrader/submissions/{submission}")
    expect(formgrader.locator("input.score#q1")).to_have_value(f"{marks[grade.id].written_score:g}")
    expect(formgrader.locator("textarea#q1-comment")).to_have_value(re.compile("A fitting source"))


def test_a_link_in_the_feedback_saves_the_file_of_a_request(course: Course, everyone: Markers, tmp_path: Path) -> None:
    student = STUDENT.format(0)
    browser = everyone["ann"].page.context.browser
    page = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark").new_page()
    page.goto((course.folder / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").as_uri())
    with page.expect_download() as asking:
        page.get_by_role("link", name="Ask about this (q1.4a)").click()
    file = tmp_path / asking.value.suggested_filename
    asking.value.save_as(file)
    assert read_requests(file) == [Asked("the issue", student, "q1", "q1.4a", "")]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_next_answer_is_one_that_nobody_has_open(everyone: Markers) -> None:
    taken = set()
    for initials in ("ann", "bob", "ann"):
        page = everyone[initials].page
        with page.expect_response("**/api/claim"):
            marker = everyone.opens(initials, "q/q6")
        taken.add((initials, marker.at()))
    assert len(taken) == len({grade for _, grade in taken}) == 2
    (theirs,) = {grade for initials, grade in taken if initials == "ann"}
    bob = everyone.opens("bob", f"q/q6?at={theirs}")
    bob.hears("ann has this answer open, too.")


def test_a_browser_keeps_script_and_style_until_the_server_starts_again(server: Server, everyone: Markers) -> None:
    page = everyone.opens("ann", "").page
    addresses = (
        page.locator("script").get_attribute("src"),
        page.locator("link[rel=stylesheet]").get_attribute("href"),
    )
    for address in addresses:
        told = [page.context.request.get(server.root + each).headers for each in (address, address.partition("?")[0])]
        assert ["immutable" in each["cache-control"] for each in told] == [True, False]


def test_two_markers_of_one_answer_are_told_of_each_other_and_nothing_is_lost(everyone: Markers, store: Store) -> None:
    grade = next(each.grade_id for each in store.queue("q2"))
    ann, bob = (everyone.opens(each, f"q/q2?at={grade}") for each in ("ann", "bob"))
    ann.save("1", "Enter")
    bob.press("f", "Enter")
    alert = bob.page.get_by_role("alert").filter(has_text="Nothing was saved")
    expect(alert).to_contain_text("ann saved 2 points while you marked. You chose 10. Which counts?")
    differ = bob.page.locator(".differs").count()
    expect(alert).to_contain_text(f"Items that differ: {differ}, framed.")
    assert differ
    assert alert.inner_text().lower().count("nothing was saved") == 1
    bob.press("Enter")
    bob.is_told("Choose first which mark counts")
    assert store.answer(grade).mark.by == "ann"
    bob.page.get_by_role("button", name="Keep mine").click()
    bob.hears("10 of 10, saved.")
    mark = store.answer(grade).mark
    assert (mark.by, mark.written_score) == ("bob", 10.0)
    assert [each.by for each in store.log(grade_id=grade)] == ["ann", "bob"]

    ann = everyone.opens("ann", f"q/q2?at={grade}&filter=all")
    bob = everyone.opens("bob", f"q/q2?at={grade}&filter=all")
    bob.save("0", "Enter")
    ann.press("1", "Enter")
    ann.hears("bob marked this: 10. Press Enter again to replace it.")
    ann.press("Enter")
    ann.page.get_by_role("button", name="Keep theirs").press("Enter")
    expect(ann.page.locator("#score")).to_have_text("0")
    assert store.answer(grade).status.score == 0.0


def test_an_answer_of_a_group_that_somebody_marked_meanwhile_is_left_out(
    course: Course, everyone: Markers, store: Store
) -> None:
    with course.gradebook() as gradebook:
        mine, theirs = (gradebook.find_grade("q5", ASSIGNMENT, ASSIGNMENT, each).id for each in ("amira", "omar"))
    bob = everyone.opens("bob", f"q/q5?at={mine}")
    ann = everyone.opens("ann", f"q/q5?at={theirs}")
    ann.page.locator("#also input").uncheck()
    ann.save("1", "Enter")
    bob.press("f", "Enter")
    expect(bob.page.get_by_role("alert")).to_contain_text("Save again for this one alone.")
    assert store.answer(mine).mark is None
    bob.save("Enter")
    assert (store.answer(mine).mark.by, store.answer(theirs).mark.by) == ("bob", "ann")


def test_every_key_does_what_the_list_of_keys_says(everyone: Markers, store: Store) -> None:
    bob = everyone.opens("bob", "q/q2")
    page = bob.page
    score = page.locator("#score")
    for keys, expected in (
        (("1",), "2"),
        (("a",), "1½"),
        (("a",), "1"),
        (("a",), "2"),
        (("q",), "1"),
        (("2", "d"), "2½"),
        (("3",), "3½"),
        (("3",), "2½"),
        (("f",), "9"),
        (("0",), "0"),
    ):
        bob.press(*keys)
        expect(score).to_have_text(expected)
        bob.hears(f"{expected} of 10, not saved")
    bob.press("f")
    first = bob.save("Enter")
    bob.press("=")
    expect(score).to_have_text("10")
    before = page.locator("#marking").get_attribute("data-before")
    bob.press("1", "p")
    bob.hears("Press the key again")
    bob.press("p")
    expect(page.locator(f"#marking[data-grade='{before}']")).to_have_count(1)
    bob.press("n")
    expect(page.locator(f"#marking[data-grade='{before}']")).to_have_count(0)
    bob.press("f", "=")
    bob.hears("Something is chosen already.")
    bob.press("u")
    bob.hears("Press the key again")
    bob.press("u")
    bob.hears("Your choices are back, and not saved.")
    assert bob.at() == first
    assert "filter=unmarked" in page.url, "who goes on, goes on in the same list"
    assert store.answer(first).status.score is None
    expect(score).to_have_text("10")


def test_a_comment_is_text_until_it_is_left_and_the_switch_turns_keys_off(everyone: Markers, store: Store) -> None:
    bob = everyone.opens("bob", "q/q2")
    page, first = bob.page, bob.at()
    score = page.locator("#score")
    bob.press("f", "t")
    page.keyboard.type("f5 is text in a field, and no key.")
    expect(score).to_have_text("10")
    bob.press("Tab", "Enter")
    bob.hears("Kept")
    bob.press("Escape", "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Use single-key shortcuts").uncheck()
    bob.press("Escape", "0")
    expect(score).to_have_text("10")
    bob.press("?")
    page.get_by_label("Use single-key shortcuts").check()
    page.get_by_role("button", name="Close").click()
    bob.press("0")
    expect(score).to_have_text("0")
    bob.press("f")
    expect(score).to_have_text("10")
    bob.save("m")
    bob.hears("It is on the list “look again”.")
    answer = store.answer(first)
    assert (answer.status.state, answer.mark.note) == ("look", "f5 is text in a field, and no key.")
    # The comment that was kept is inserted into the next answer's, by keys.
    second = bob.at()
    bob.press("1", "t", "Tab", "Enter")
    expect(page.get_by_label("Comment for the student")).to_be_focused()
    assert bob.save("Control+Enter") == second
    assert store.answer(second).mark.note == "f5 is text in a field, and no key."
    bob.press("t", "Tab", "Delete")
    bob.hears("Removed")
    expect(page.locator("#bank li")).to_have_count(0)
    assert store.comments("q2") == ()


def test_only_what_a_marker_chose_is_saved(everyone: Markers, store: Store) -> None:
    bob = everyone.opens("bob", "q/q3")
    page, grade = bob.page, bob.at()
    for key in ("Enter", "m"):
        bob.press(key)
        bob.is_told(f"Nothing is chosen. Press 0 for no points, then {key}.")
    page.get_by_text("Adjustment", exact=True).click()
    page.get_by_label("Points to add or to take away").fill("99")
    page.get_by_label("Reason, which the student reads").fill("Very good.")
    bob.press("Control+Enter")
    bob.is_told("The question has 10 points. Items and adjustment together give 99.")
    page.get_by_label("Points to add or to take away").fill("0")
    page.get_by_role("button", name="Keep this comment for other answers").click()
    bob.is_told("Write a comment first.")
    assert store.answer(grade).mark is None
    # The button that was pressed does not have the keyboard any more.
    bob.press("0")
    assert bob.save("Enter") == grade
    assert store.answer(grade).status.score == 0.0


@pytest.fixture(scope="module")
def bobs(everyone: Markers, store: Store) -> list[str]:
    """Answers to Q4 that say the same, and that bob gave 0 points, each on its own."""
    everyone.opens("ann", "")  # whoever comes first waits until the answers are read
    rubric, grades = store.rubric("q4").rev, [each.grade_id for each in store.queue("q4") if each.together > 1][:7]
    for grade in grades:
        store.save(SaveMark(grade, 0, rubric, {}, "bob", store.answer(grade).sha256))
    return grades


def test_a_mark_is_replaced_only_by_whoever_changes_it_and_says_so_twice(
    everyone: Markers, store: Store, bobs: list[str]
) -> None:
    grade = bobs[0]
    ann = everyone.opens("ann", f"q/q4?at={grade}&filter=all")
    page, theirs = ann.page, store.answer(grade).mark
    expect(page.locator("#also input:checked")).to_have_count(0)
    ann.press("Enter")
    expect(page.locator(f"#marking[data-grade='{grade}']")).to_have_count(0)
    ann.hears("Nothing is changed.")
    assert store.answer(grade).mark == theirs
    everyone.opens("ann", f"q/q4?at={grade}&filter=all")
    for keys in (("1", "Enter"), ("2", "2", "Enter"), ("m",)):
        ann.press(*keys)
        ann.hears(f"bob marked this: 0. Press {keys[-1]} again to replace it.")
    page.get_by_text("Adjustment", exact=True).click()
    page.get_by_label("Points to add or to take away").press("Enter")  # a field of a form, and no save
    assert store.answer(grade).mark == theirs
    page.locator("#also input").first.check()
    expect(page.get_by_role("button", name="Save for 2, and next")).to_be_visible()
    page.locator("#also input").first.uncheck()
    ann.press("Escape", "m")
    ann.save("m")
    assert (store.answer(grade).mark.by, store.answer(grade).status.state) == ("ann", "look")
    # Whoever agrees takes the answer off the list.
    bob = everyone.opens("bob", f"q/q4?at={grade}&filter=look")
    bob.save("Enter", "Enter")
    assert store.answer(grade).status.state == "done"


def test_keys_that_come_before_their_answer_do_not_count(everyone: Markers, store: Store, bobs: list[str]) -> None:
    kay = everyone["kay"]
    page = kay.page
    page.clock.install(time=0)
    everyone.opens("kay", f"q/q4?at={bobs[1]}&filter=all")
    page.clock.pause_at(60_000)
    score, grade = page.locator("#score"), kay.at()
    kay.press("f", "Enter")
    kay.hears("Press Enter again")

    def types_on(route: Route) -> None:
        kay.press("1", "2")
        route.continue_()

    page.route("**/api/mark", types_on, times=1)
    kay.press("Enter")
    expect(page.locator(f"#marking[data-grade='{grade}']")).to_have_count(0)
    kay.hears("Keys that you pressed before this answer was there do not count.")
    before, mark = score.inner_text(), store.answer(kay.at()).mark
    kay.press("f", "Enter")
    expect(score).to_have_text(before)
    page.clock.run_for(600)
    kay.press("f")
    expect(score).to_have_text("10")
    assert store.answer(grade).status.score == 10.0
    assert store.answer(kay.at()).mark == mark


def test_two_clicks_undo_one_save_and_what_was_typed_is_back(everyone: Markers, store: Store, bobs: list[str]) -> None:
    for grade in bobs[2:4]:
        kay = everyone.opens("kay", f"q/q4?at={grade}&filter=all")  # whose clock stands still
        kay.press("f")
        kay.page.get_by_label("Comment for the student").fill(f"About {grade}.")
        kay.press("Control+Enter")
        kay.hears("Press Enter again")
        assert kay.save("Control+Enter") == grade
    undo = kay.page.get_by_role("button", name="Undo")
    undo.dblclick()
    kay.hears("Your choices are back, and not saved.")
    undo.click()  # late, and on the page that came
    assert kay.at() == bobs[3]
    expect(kay.page.get_by_label("Comment for the student")).to_have_value(f"About {bobs[3]}.")
    expect(kay.page.locator("#score")).to_have_text("10")
    assert [store.answer(each).status.score for each in bobs[2:4]] == [10.0, 0.0]
    kay.page.clock.run_for(600)
    undo.click()
    expect(kay.page.get_by_label("Comment for the student")).to_have_value(f"About {bobs[2]}.")
    assert [store.answer(each).status.score for each in bobs[2:4]] == [0.0, 0.0]


def test_whoever_is_logged_out_logs_in_elsewhere_and_loses_nothing(
    server: Server, everyone: Markers, store: Store, bobs: list[str]
) -> None:
    grade = bobs[4]
    eve = everyone.opens("eve", f"q/q4?at={grade}&filter=all")
    page, context = eve.page, eve.page.context

    def logged_out_and_in() -> None:
        context.clear_cookies(name=re.compile("^(?!autograder-marker)"))
        eve.press("Control+Enter")
        eve.is_told("You are logged out. Open the desk's address in another tab, then save again here.")
        other = context.new_page()
        other.goto(server.address)
        expect(other.get_by_role("heading", name="Marking desk")).to_be_visible()
        other.close()

    eve.press("f")
    page.get_by_label("Comment for the student").fill("Words.")
    eve.press("Control+Enter")
    eve.hears("Press Enter again")
    logged_out_and_in()
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    eve.hears("Your choices are back, and not saved.")
    eve.press("Control+Enter")
    logged_out_and_in()
    assert eve.save("Control+Enter") == grade
    assert store.answer(grade).mark.note == "Words."
    eve.watch.errors[:] = [each for each in eve.watch.errors if "status of 403" not in each]


def test_a_page_of_another_marker_saves_nothing(everyone: Markers, store: Store, bobs: list[str]) -> None:
    grade = bobs[5]
    max_ = everyone.opens("Max", f"q/q4?at={grade}&filter=all")
    before = store.answer(grade).mark
    other = max_.page.context.new_page()
    for initials in ("Ida", "max"):
        other.goto(max_.page.url.partition("q/")[0] + "who")
        other.get_by_label("Your initials or your name").fill(initials)
        other.keyboard.press("Enter")
        expect(other.get_by_text(f"Marker: {initials.lower()}")).to_be_visible()
        if initials == "Ida":
            max_.press("f", "Enter", "Enter")
            max_.is_told("This page was opened by max, and this browser is ida’s now. Load the page again.")
            assert store.answer(grade).mark == before
    other.close()


def test_a_mark_scheme_that_changed_meanwhile_keeps_the_choices_that_it_has(
    everyone: Markers, store: Store, bobs: list[str]
) -> None:
    grade = bobs[6]
    bob = everyone.opens("bob", f"q/q4?at={grade}&filter=all")
    page = bob.page
    bob.press("f")
    page.get_by_label("Comment for the student").fill("Kept.")
    scheme = store.rubric("q4")
    gone = scheme.scheme.mistakes[0]
    page.locator(f"[data-key='{gone.key}'] input").check()
    found = replace(scheme.scheme, mistakes=scheme.scheme.mistakes[1:])
    event = store.change_rubric(found, scheme.rev, "ann")
    bob.press("Control+Enter")
    page.get_by_role("button", name="Load the new mark scheme, and keep my choices").click()
    bob.hears("Your choices are back, and not saved. The mark scheme does not have these any more: false statement")
    expect(page.locator("#score")).to_have_text("10")
    expect(page.get_by_label("Comment for the student")).to_have_value("Kept.")
    assert bob.save("Control+Enter") == grade
    assert store.answer(grade).status.score == 10.0
    store.undo(event, "ann", schemes=True)


def test_whoever_leaves_what_is_not_saved_is_asked_first(everyone: Markers) -> None:
    bob = everyone.opens("bob", "q/q3")
    page = bob.page
    bob.press("1")
    bob.stays(page.get_by_role("navigation", name="Desk").get_by_role("link", name="Marking desk"))
    bob.stays(page.get_by_role("link", name=re.compile("^look again")))
    expect(page.locator("#score")).not_to_have_text("0")
    bob.save("Enter")  # nobody is asked: it is saved
    ann = everyone.opens("ann", "q/q3/rubric")
    ann.page.get_by_label("Mark scheme, in Markdown").press("End")
    ann.page.keyboard.type(" More.")
    ann.stays(ann.page.get_by_role("link", name="Marking desk"))


def test_u_goes_back_one_save_at_a_time_also_on_the_first_page(everyone: Markers, store: Store) -> None:
    una = everyone.opens("una", "q/q4")
    saved = [una.save("1", "Enter"), una.save("1", "Enter")]
    everyone.opens("una", "")
    for grade in reversed(saved):
        una.press("u")
        expect(una.page.locator(f"#marking[data-grade='{grade}']")).to_have_count(1)
        una.hears("Your choices are back, and not saved.")
        expect(una.page.locator("#score")).to_have_text("2")
    assert [store.answer(each).status.score for each in saved] == [None, None]
    una.press("u")
    una.hears("There is nothing to undo.")


def test_an_answer_that_somebody_left_is_free_again(everyone: Markers, store: Store) -> None:
    grade = store.queue("q6")[-1].grade_id
    for initials in ("ann", "bob"):
        page = everyone[initials].page
        with page.expect_response("**/api/claim"):
            everyone.opens(initials, f"q/q6?at={grade}")
        everyone.opens(initials, "")
        assert eventually(lambda: store.queue("q6")[-1].claim is None, 30.0)


def test_the_same_answers_are_marked_together_and_each_can_be_taken_out(
    course: Course, everyone: Markers, store: Store
) -> None:
    with course.gradebook() as gradebook:
        mine, left, other = (
            gradebook.find_grade("q5", ASSIGNMENT, ASSIGNMENT, each).id for each in ("li", "wei", "zhang")
        )
    everyone.opens("ann", f"q/q5?at={other}").page.locator("#also").get_by_role("checkbox").first.uncheck()
    everyone["ann"].page.locator("#also").get_by_role("checkbox").last.uncheck()
    everyone["ann"].save("f", "Enter")
    theirs = store.answer(other).mark
    bob = everyone.opens("bob", f"q/q5?at={mine}")
    expect(bob.page.get_by_text("2 other answers say the same")).to_be_visible()
    box = bob.page.get_by_role("checkbox", name=f"{other[:6]} (marked, 10 points by ann)")
    expect(box).not_to_be_checked()
    box.check()
    boxes = bob.page.locator("#also input")
    order = boxes.evaluate_all("all => all.map(each => each.value)")
    assert set(order) == {left, other}
    bob.press("g", *["Tab"] * order.index(left), "Space")
    bob.save("2", "Enter")
    assert store.answer(mine).mark.given == store.answer(other).mark.given
    assert store.answer(left).mark is None
    assert store.answer(other).status.score == store.answer(mine).status.score > 0
    bob.hears("saved for 2 answers.")
    bob.press("u")
    bob.hears("Your choices are back, and not saved.")
    assert [store.answer(each).status.score for each in (mine, left, other)] == [None, None, 10.0]
    assert store.answer(other).mark.given == theirs.given
    assert [each.by for each in store.log(grade_id=other)] == ["ann", "bob", "bob"]

    bob = everyone.opens("bob", f"q/q5/group/{mine}")
    expect(bob.page.get_by_role("heading", level=2)).to_have_count(2)


def test_slips_are_shown_in_a_group_and_similar_answers_side_by_side(
    course: Course, everyone: Markers, store: Store
) -> None:
    with course.gradebook() as gradebook:
        slip, similar = (gradebook.find_grade("q1", ASSIGNMENT, ASSIGNMENT, STUDENT.format(each)).id for each in (3, 5))
    bob = everyone.opens("bob", f"q/q1?at={slip}&filter=all")
    expect(bob.page.locator("#also label").first).to_contain_text("multiplies")
    assert store.answer(similar).status.together == 1
    beside = bob.page.get_by_role("heading", name="Q1: two answers side by side")
    everyone.opens("bob", f"q/q1?at={similar}&filter=all").press("1", "s")
    expect(beside).to_be_visible()
    bob.press("Escape")
    bob.hears("Your choices are back, and not saved.")
    bob.press("1", "s")
    expect(beside).to_be_visible()
    expect(bob.page.get_by_role("deletion")).to_contain_text(["Goodfellow"])
    bob.page.get_by_role("link", name="Answer").last.press("Enter")
    expect(bob.page.locator("#marking")).to_be_visible()


def test_a_changed_mark_scheme_says_first_what_moves_and_is_undone_with_a_key(everyone: Markers, store: Store) -> None:
    def scores() -> dict[str, float]:
        return {each.grade_id: each.score for each in store.queue("q1")}

    before = scores()
    had = {each for each in before if store.answer(each).mark.given.get("q1.e4")}
    assert 0 < len(had) < len(before)
    ann = everyone.opens("ann", "q/q1/rubric")
    page = ann.page
    text = page.get_by_label("Mark scheme, in Markdown")
    scheme = text.input_value()
    change = page.get_by_role("button", name="Change the mark scheme")
    expect(change).to_be_disabled()
    text.fill(scheme.replace("such as 1. | −1 |", "such as 1. | −2 |"))
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text(f"Scores that change: {len(had)} (0 up, {len(had)} down).")).to_be_visible()
    expect(page.locator("#impact-moves li")).to_have_count(len(had))
    assert scores() == before
    change.click()
    ann.hears("Scores that change")
    after = scores()
    assert {each for each in before if before[each] != after[each]} == had
    ann.press("u")
    ann.hears("Undone")
    ann.hears("What you wrote is back, and not saved.")
    expect(text).to_have_value(re.compile(r"such as 1\. \| −2 \|"))
    assert scores() == before
    # The log takes a change back, too, and shows nothing that did not change.
    text.fill(scheme.replace("such as 1. | −1 |", "such as 1. | −2 |"))
    page.get_by_role("button", name="Show what changes").click()
    expect(text).to_be_focused()
    change.click()
    ann.hears("Scores that change")
    everyone.opens("ann", "log").page.get_by_role("button", name=re.compile("^Undo the change of Q1")).click()
    ann.hears("Undone")
    assert scores() == before

    everyone.opens("ann", "q/q1/rubric")
    text.fill(scheme.replace("| −1 |", "| −1 |\n| Names no layer. | −1 |", 1))
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_text("New: Names no layer.")).to_be_visible()
    page.get_by_label(f"{len(before)} answers were marked without what is new.").check()
    change.click()
    ann.hears("Scores that change: 0")
    assert (store.question("q1").look, scores()) == (len(before), before)
    ann.press("u")
    ann.hears("Undone")
    assert store.question("q1").look == 0

    text.fill(scheme.replace("| 2 |", "| 3 |", 1))
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("alert")).to_contain_text("q1, row 1")
    expect(change).to_be_disabled()


def test_a_score_typed_in_the_formgrader_is_shown_and_kept_or_replaced(
    course: Course, everyone: Markers, store: Store
) -> None:
    students = [STUDENT.format(each) for each in (6, 7)]
    with course.gradebook() as gradebook:
        kept, replaced = (gradebook.find_grade("q1", ASSIGNMENT, ASSIGNMENT, each).id for each in students)
    ours = store.answer(replaced).status.score
    for student in students:
        course.grade_by_hand(student, "q1", 9.5, "Typed by a person.")
    ann = everyone.opens("ann", "")
    for grade in (kept, replaced):
        expect(ann.page.get_by_role("link", name=f"Q1, answer {grade[:6]}")).to_be_visible()
    everyone.opens("ann", f"q/q1?at={kept}&filter=all")
    expect(ann.page.get_by_text("9½ points in the formgrader")).to_be_visible()
    ann.page.get_by_role("button", name="Keep 9½ points as an adjustment").click()
    expect(ann.page.locator("#score")).to_have_text("9½")
    ann.save("Enter")
    everyone.opens("ann", f"q/q1?at={replaced}&filter=all")
    ann.press("t")
    ann.page.keyboard.type("A word of mine.")
    ann.press("Control+Enter")
    ann.is_told(
        "The comment of the formgrader stays. Choose “Replace the comment of the formgrader with the desk's” first."
    )
    ann.page.get_by_label("Replace the comment of the formgrader with the desk's").check()
    ann.press("Control+Enter")
    ann.hears(f"The formgrader has 9½ points. Press Enter again to save {amount(ours)} instead.")
    assert store.answer(replaced).status.score == 9.5
    ann.save("Control+Enter")
    assert (store.answer(kept).status.score, store.answer(kept).comment) == (9.5, "Typed by a person.")
    assert store.answer(replaced).status.score == ours
    assert "Typed" not in store.answer(replaced).comment
    assert "A word of mine." in store.answer(replaced).comment
    assert store.queue("q1", Wanted.OVERRULED) == tuple(each for each in store.queue("q1") if each.grade_id == kept), (
        "its comment is still the person's"
    )


def test_a_score_that_a_stale_page_of_the_formgrader_erased_is_told_and_saved_again(
    course: Course, server: Server, everyone: Markers, store: Store
) -> None:
    student = STUDENT.format(9)
    with course.gradebook() as gradebook:
        notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student).id
        grade = gradebook.find_grade("q6", ASSIGNMENT, ASSIGNMENT, student).id
    stale = everyone["reader"].page
    stale.goto(f"{server.root}/formgrader/submissions/{notebook}")
    wait_for_scores(stale)
    ann = everyone.opens("ann", f"q/q6?at={grade}&filter=all")
    ann.save("1", "Enter")
    assert course.scores()[student]["q6"][1] == 2.0
    extra = stale.locator("input.extra-credit#q6_extra_credit")
    extra.fill("1")
    # Whoever reads the gradebook again and again keeps the page from writing to it.
    with stale.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        extra.press("Tab")
    assert saved.value.ok
    assert course.scores()[student]["q6"][1] is None

    everyone.opens("ann", "").page.get_by_role("link", name=f"Q6, answer {grade[:6]}").press("Enter")
    expect(ann.page.get_by_text("No score in the formgrader, 2 points by the items.")).to_be_visible()
    ann.press("Enter")
    ann.hears("The formgrader has no score. Press Enter again to save 2 instead.")
    ann.save("Enter")
    assert store.answer(grade).status.score == course.scores()[student]["q6"][1] == 2.0
    assert len(store.log(grade_id=grade)) == 2
    with course.gradebook() as gradebook:
        assert gradebook.find_grade("q6", ASSIGNMENT, ASSIGNMENT, student).extra_credit == 1.0


def test_a_request_is_answered_by_another_marker_with_the_items_that_change(
    course: Course, everyone: Markers, store: Store
) -> None:
    student = STUDENT.format(8)
    asked = "I did name a source: <b>Glorot</b> and Bengio, 2010."
    assert store.add_requests([Asked(2, student, "q1", "q1.4a", asked)], None) == []
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("q1", ASSIGNMENT, ASSIGNMENT, student).id
    before = store.answer(grade).status.score
    for initials, refusal in (("ann", "Somebody else answers."), ("bob", "Press Accept or Keep the mark.")):
        marker = everyone.opens(initials, "requests")
        expect(marker.page.get_by_text("First marked by ann.")).to_be_visible()
        expect(marker.page.get_by_text("about row 4 “A fitting source.”")).to_be_visible()
        marker.page.get_by_role("link", name="Answer this request").press("Enter")
        expect(marker.page.get_by_text(asked)).to_be_visible()
        expect(marker.page.locator(".asked")).to_contain_text("A fitting source")
        reply = marker.page.get_by_label("Reply, which the student reads")
        expect(reply).to_have_count(0 if initials == "ann" else 1)
        if initials == "bob":
            reply.fill("You are right.")
            accept = marker.page.get_by_role("button", name="Accept, with the items as they are chosen now")
            keep = marker.page.get_by_role("button", name="Keep the mark")
            reply.fill(" ")
            keep.click()
            marker.is_told("Write a reply first.")
            reply.fill("You are right.")
            expect(marker.page.get_by_role("alert").first).to_be_empty()
            accept.click()
            marker.hears("Nothing is changed: press again to accept with the same points.")
        source = marker.page.get_by_role("checkbox", name=re.compile("A fitting source"))
        source.set_checked(not source.is_checked())
        marker.press("Enter")
        marker.is_told(refusal)
        assert store.answer(grade).status.score == before
    expect(reply).to_have_value("You are right.")
    keep.click()
    marker.is_told("You changed the mark. Press Accept, or take the changes back.")
    accept.press("Enter")
    marker.hears("Answered.")
    assert abs(store.answer(grade).status.score - before) == 1
    assert "About q1.4a: You are right." in store.answer(grade).comment
    assert [each.state for each in store.requests()] == ["accepted"]
    marker.press("u")
    marker.hears("Your choices are back, and not saved.")
    expect(reply).to_have_value("You are right.")
    accept.click()
    marker.hears("Answered.")
    assert [each.state for each in store.requests()] == ["accepted"]


def test_second_marks_are_given_without_the_first_one_and_resolved(everyone: Markers, store: Store) -> None:
    store.sample(0.2, "1")
    first = {each.grade_id: each.score for each in store.queue("q1")}
    bob = everyone.opens("bob", "")
    bob.page.get_by_role("listitem").filter(has_text="Second marks").get_by_role("link", name="Q1").press("Enter")
    expect(bob.page.get_by_role("link", name="second marks")).to_have_attribute("aria-current", "true")
    waiting, drawn = store.numbers("q1", "bob", Wanted.SECOND)[Wanted.SECOND], store.second_marks("q1")[1]
    given: list[str] = []
    while bob.page.locator("#marking").count():
        expect(bob.page.get_by_role("heading", level=1)).to_contain_text("second mark")
        expect(bob.page.locator("#score")).to_have_text("0")
        assert not re.search(r"\bann\b", bob.page.locator("#marking").inner_text())
        expect(bob.page.get_by_role("link", name="Log of this answer")).to_have_count(0)
        bob.press("f")
        with bob.page.expect_response("**/api/mark"):
            given.append(bob.at())
            bob.press("Enter")
        bob.hears(f"Second mark saved: {len(given)} of {drawn}. It does not count yet.")
    assert len(given) == waiting > 2
    assert {each.grade_id: each.score for each in store.queue("q1")} == first

    ann = everyone.opens("ann", "agreement")
    page = ann.page
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Q1", exact=True))
    expect(row.get_by_role("cell").first).to_have_text(str(len(given)))
    measured = row.inner_text()
    page.get_by_role("region", name="two marks that differ").get_by_role("link").first.press("Enter")
    expect(page.get_by_role("heading", name="Two marks")).to_be_visible()
    grade = ann.at()
    assert page.locator(".differs").count()
    page.get_by_role("button", name="Choose 10 by bob").press("Enter")
    expect(page.locator("#score")).to_have_text("10")
    ann.save("Enter")
    assert store.answer(grade).status.score == 10.0
    everyone.opens("ann", "agreement")
    expect(page.get_by_role("row").filter(has_text=grade[:6])).to_contain_text("10, resolved by ann")
    assert row.inner_text() == measured, "a resolution is no agreement"


def test_no_byte_that_a_marker_gets_names_a_student(
    course: Course, server: Server, everyone: Markers, store: Store
) -> None:
    grades = [each.grade_id for each in store.queue("q1")][:8]
    places = ["", "agreement", "similar", "requests", "log", f"log?grade_id={grades[0]}", "q/q1/rubric", "q/q9"]
    places += [f"q/q1?at={each}&filter=all" for each in grades]
    places += [f"q/q1?filter={each}" for each in ("unmarked", "mine", "look", "stale", "overruled", "second", "none")]
    places += [f"q/q1/group/{grades[0]}", f"q/q1/compare?a={grades[0]}&b={grades[1]}", "q/q1?at=0"]
    places += [f"q/q2?at={grades[0]}", "static/desk.js", "static/desk.css"]
    eve = everyone.opens("eve", "q/q2")
    request = eve.page.context.request
    with eve.page.expect_response("**/api/mark") as saving:
        eve.save("1", "Enter")
    told = [(saving.value.url, saving.value.headers, json.dumps(saving.value.request.post_data_json))]
    told += [(url, headers, "") for url, headers in eve.watch.answers if "/desk/" in url]
    answered = [request.get(f"{server.root}/desk/{place}") for place in places]
    told += [(each.url, each.headers, each.text()) for each in answered]
    assert len([each for each in answered if each.ok]) > len(grades) + 10
    for url, headers, text in told:
        found = re.search(rf"zztopf|mallory|amira|{course.folder}|\.ipynb", url + json.dumps(headers) + text)
        assert not found, (url, found)


def test_requests_that_are_not_the_desks_own_are_refused(server: Server, everyone: Markers) -> None:
    bob = everyone.opens("bob", "q/q1?filter=all")
    page = bob.page
    stranger = page.context.browser.new_context()
    assert "/login" in stranger.request.get(f"{server.root}/desk/").url
    assert stranger.request.get(f"{server.root}/desk/q/q1").url != f"{server.root}/desk/q/q1"
    mark = {
        "grade_id": bob.at(), "rev": 0, "rubric_rev": 1, "given": {}, "answer_sha256": "", "note": "", "also": {},
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


@pytest.mark.parametrize("question", HOSTILE)
def test_hostile_answers_are_shown_harmlessly(course: Course, server: Server, everyone: Markers, question: str) -> None:
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(question, ASSIGNMENT, ASSIGNMENT, "mallory").id
    bob = everyone.opens("bob", f"q/{question}?at={grade}")
    page = bob.page
    answer = page.get_by_role("article", name="Answer")
    expect(answer).to_contain_text({"q3": "cut: this cell has", "q4": "turned"}[question])
    assert answer.locator("script, form, style, button, svg, iframe, [id], [class*=foot], maction").count() == 0
    click = "all => all.forEach(each => each.dispatchEvent(new MouseEvent('click', {bubbles: true})))"
    answer.locator(":not(a)").evaluate_all(click)
    # What an answer turns around, or does not close, ends with it: the desk's own words stay as they are.
    for words in (page.locator("h1"), page.get_by_role("button", name="Save and next")):
        assert words.evaluate("each => getComputedStyle(each).direction") == "ltr"
    assert answer.evaluate("each => getComputedStyle(each).unicodeBidi") == "isolate"
    page.wait_for_load_state("networkidle")
    assert "attacked" not in page.title()
    asked = [url for url, _ in bob.watch.answers]
    assert all(url.startswith((f"{server.root}/desk/", "data:")) for url in asked), asked
    page.get_by_role("button", name="No points").click()
    page.get_by_role("button", name="Save and next").click()
    bob.hears("0 of 10, saved.")
    assert course.scores()["mallory"][question][1] == 0.0


def test_answers_in_other_scripts_are_read_in_their_direction_and_group(
    course: Course, everyone: Markers, store: Store
) -> None:
    with course.gradebook() as gradebook:
        grades = {each: gradebook.find_grade("q5", ASSIGNMENT, ASSIGNMENT, each).id for each in SCRIPTS}
    for student, together, direction in (("omar", 2, "rtl"), ("wei", 3, "ltr"), ("mixed", 1, "ltr")):
        assert store.answer(grades[student]).status.together == together
        bob = everyone.opens("bob", f"q/q5?at={grades[student]}&filter=all")
        paragraph = bob.page.get_by_role("article", name="Answer").get_by_text(SCRIPTS[student])
        assert paragraph.evaluate("each => getComputedStyle(each).direction") == direction
    everyone.opens("bob", f"q/q5/compare?a={grades['omar']}&b={grades['mixed']}")
    first, second = (bob.page.locator(".plain").nth(each) for each in (0, 1))
    directions = [each.evaluate("each => getComputedStyle(each).direction") for each in (first, second)]
    assert directions == ["rtl", "ltr"]


@pytest.fixture(scope="module")
def places(everyone: Markers, store: Store) -> dict[str, str]:
    everyone.opens("ann", "")  # whoever comes first waits until the answers are read
    grades = [each.grade_id for each in store.queue("q1")]
    group = next(each.grade_id for each in store.queue("q1") if each.together > 1)
    return {
        "home": "",
        "question": f"q/q1?at={group}&filter=all",
        "finished": "q/q1",
        "compare": f"q/q1/compare?a={grades[0]}&b={grades[1]}",
        "group": f"q/q1/group/{group}",
        "rubric": "q/q1/rubric",
        "agreement": "agreement",
        "similar": "similar",
        "requests": "requests",
        "log": "log",
        "who": "who",
        "message": "q/q1?at=0",
    }


def test_every_page_fits_every_screen_and_keeps_nobody_out(
    server: Server, everyone: Markers, places: dict[str, str]
) -> None:
    page = everyone["ann"].page
    try:
        for name, place in places.items():
            # A page that says that something is not there is a page, too.
            assert page.goto(f"{server.root}/desk/{place}").status == (404 if name == "message" else 200)
            for size, (width, height) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, size)
                if name == "question":
                    expect(page.get_by_role("button", name="Save and next")).to_be_in_viewport()
            for theme in ("dark", "light"):
                # The colours of these have all; looking at them takes longest.
                if theme == "dark" and name not in ("home", "question", "compare"):
                    continue
                page.emulate_media(color_scheme=theme)
                assert not violations(page, minor=True), (name, theme)
    finally:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
    everyone["ann"].watch.errors[:] = [each for each in everyone["ann"].watch.errors if "status of 404" not in each]


def test_a_printed_answer_is_black_on_white_with_its_mark(
    server: Server, everyone: Markers, places: dict[str, str]
) -> None:
    ann = everyone.opens("ann", places["question"])
    ann.page.emulate_media(media="print", color_scheme="dark")
    try:
        style = ann.page.evaluate(
            "(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.body))"
        )
        assert style == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        for shown in (ann.page.get_by_role("article", name="Answer"), ann.page.locator("#score")):
            expect(shown).to_be_visible()
        for hidden in (ann.page.get_by_role("button", name="Save and next"), ann.page.locator(".tools")):
            expect(hidden).to_be_hidden()
    finally:
        ann.page.emulate_media(media="screen", color_scheme="light")


def test_the_mark_scheme_is_heard_and_reached_in_the_order_of_the_page(
    everyone: Markers, places: dict[str, str]
) -> None:
    ann = everyone.opens("ann", places["question"])
    page = ann.page
    for landmark in ("banner", "main", "complementary", "status"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    ann.press("0", "1")
    ann.hears("Row 1: 2 of 2. 2 of 10, not saved")
    expect(page.get_by_role("group", name=re.compile(r"^1 Core 2 of 2$"))).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile(r"^1 a What vanishes"), checked=True)).to_be_visible()
    remedies = page.get_by_role("radiogroup", name=re.compile("Two remedies"))
    expect(remedies.get_by_role("radio", name="½")).not_to_be_checked()
    ann.press("3", "3")
    ann.hears("Row 3: ½ of 1. 2½ of 10, not saved")
    expect(remedies.get_by_role("radio", name="½")).to_be_checked()
    everyone.opens("ann", places["question"])
    ann.press("Tab")
    expect(page.get_by_role("link", name="Skip to the answer")).to_be_focused()
    ann.press("Enter")
    reached: list[str] = []
    for _ in range(60):
        ann.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.id")
        if name and name not in reached:
            reached.append(name)
    items = [each for each in reached if each.startswith("q1.")]
    assert items == sorted(items, key=lambda key: (".e" in key, key))
    assert reached.index(items[-1]) < reached.index("note") < reached.index("save")
