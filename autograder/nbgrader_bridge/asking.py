"""Adds to a feedback page the links by which a student asks for another look at an item of the mark scheme."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote, urlencode

from autograder.assignment.questions import WRITTEN
from autograder.assignment.settings import Requests, time_text
from autograder.nbgrader_bridge.desk.regrade_requests import LABELS

#: The key at the end of a line of a comment. A student's own text can have one: the link is as harmless there.
_KEY = re.compile(rf"\(((?:{'|'.join(WRITTEN)})\.\w{{2,4}})\)(?=\s*</(?:li|p)>)")


def with_links(page: str, student: str, requests: Requests) -> str:
    """Return a feedback page with a link at each item of a comment, as long as students can ask.

    Examples
    --------
    >>> page = with_links("<ul><li>0 of 1: A cause. (q1.1a)</li></ul>", "alice", Requests())
    >>> page[:58]
    '<ul><li>0 of 1: A cause. (q1.1a) <a class="ask" href="data'
    """
    if requests.until and datetime.now(UTC) > requests.until:
        return page
    parts = []
    for part in page.split("</ul>"):
        linked, count = _KEY.subn(lambda found: f"{found[0]} {_link(found[1], student, requests)}", part)
        parts.append(f"{linked}</ul><p>{_how(requests)}</p>" if count else f"{linked}</ul>")
    return "".join(parts).removesuffix("</ul>")


def _link(key: str, student: str, requests: Requests) -> str:
    question = key.partition(".")[0]
    if requests.repository:
        fields = {"template": "regrade.yml", "title": f"Another look at {key}"}
        fields |= {"student": student, "question": question, "item": key}
        to = f'href="{escape(requests.repository)}/issues/new?{escape(urlencode(fields))}" rel="noreferrer"'
    else:
        parts = zip(LABELS, (student, question, key, ""), strict=True)
        text = "\n\n".join(f"### {label}\n\n{value}" for label, value in parts)
        to = f'href="data:text/markdown;charset=utf-8,{quote(text)}" download="request-{key}.md"'
    return f'<a class="ask" {to}>Ask about this<span class="sr-only"> ({key})</span></a>'


def _how(requests: Requests) -> str:
    until = f" until {time_text(requests.until)}" if requests.until else ""
    if requests.repository:
        return f"You can ask for another look at an item{until}. <i>Ask about this</i> opens a form."
    return (
        f"You can ask for another look at an item{until}. <i>Ask about this</i> saves a file: "
        "write your reason below its last line, and send it to your teacher."
    )
