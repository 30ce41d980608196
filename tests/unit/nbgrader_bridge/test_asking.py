"""Feedback has a link at each item, which fills in the issue form or makes the file that `mark requests` reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml

from autograder.assignment.settings import Requests
from autograder.cli.mark.request_files import read_requests
from autograder.marking import compose
from autograder.marking.scheme import parse
from autograder.nbgrader_bridge.asking import with_links
from autograder.nbgrader_bridge.desk.regrade_requests import Asked
from autograder.safe_markdown import Renderer, render
from tests.support.samples import ROOT

STUDENT = 'al"ice & <bob>'
SCHEME = "| points | for |\n|---:|---|\n| 2 | A cause (1). An effect (1; ½ if vague). |\n\n"
SCHEME += "| false statement | costs |\n|---|---:|\n| The last layers learn least. | −1 |"
FORM = ROOT / "autograder/publishing/templates/student_repository/.github/ISSUE_TEMPLATE/regrade.yml"


class Links(HTMLParser):
    """Collects the attributes of a page's links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append({name: value or "" for name, value in attrs})


@pytest.fixture(scope="module")
def page() -> str:
    """Return a feedback page with the desk's comment as it is shown."""
    scheme = parse(SCHEME, "q1", 2)
    words = compose.comment(scheme, {"q1.1b": 0.5, "q1.e1": 1.0}, note="See the book (q1.1a), chapter 8.")
    return f"<h1>Q1</h1>{render(words, Renderer())}<ul><li>Another list</li></ul>"


def test_each_item_has_a_link_to_a_file_that_is_read_as_the_request(page: str, tmp_path: Path) -> None:
    shown = with_links(page, STUDENT, Requests())
    links = Links(shown).found
    keys = ("q1.1a", "q1.1b", "q1.e1")
    assert [link["download"] for link in links] == [f"request-{key}.md" for key in keys]
    for key, link in zip(keys, links, strict=True):
        kind, _, text = link["href"].partition(",")
        assert kind == "data:text/markdown;charset=utf-8"
        file = tmp_path / link["download"]
        file.write_text(unquote(text) + "I named it.\n", encoding="utf-8")
        assert read_requests(file) == [Asked("the issue", STUDENT, "q1", key, "I named it.")]
    assert shown.count("You can ask for another look at an item. ") == 1
    assert "below its last line" in shown


def test_with_a_repository_the_link_fills_in_the_fields_of_its_form(page: str) -> None:
    until = datetime.now(UTC) + timedelta(days=1)
    shown = with_links(page, STUDENT, Requests(until, "https://github.com/OWNER/COURSE"))
    fields = {each["id"] for each in yaml.safe_load(FORM.read_text(encoding="utf-8"))["body"] if "id" in each}
    for key, link in zip(("q1.1a", "q1.1b", "q1.e1"), Links(shown).found, strict=True):
        address = urlsplit(link["href"])
        assert address.geturl().startswith("https://github.com/OWNER/COURSE/issues/new?")
        filled = {name: value for name, (value,) in parse_qs(address.query).items()}
        assert filled.pop("template") == FORM.name
        assert filled.pop("title") == f"Another look at {key}"
        assert filled == {"student": STUDENT, "question": "q1", "item": key}
        assert filled.keys() < fields
    assert f"until {until:%Y-%m-%d %H:%M} UTC" in shown


def test_after_the_last_moment_nobody_is_offered_a_link(page: str) -> None:
    assert with_links(page, STUDENT, Requests(datetime.now(UTC) - timedelta(seconds=1))) == page


def test_a_page_without_items_stays_as_it_is() -> None:
    page = "<ul><li>Core: 2 of 6</li></ul><p>q1.1a and (q1.1a) within a sentence.</p><ul><li>(q9.1a)</li></ul>"
    assert with_links(page, STUDENT, Requests()) == page
