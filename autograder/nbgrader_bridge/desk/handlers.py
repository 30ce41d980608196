"""Serves the desk beside the formgrader: its pages, and what their script asks for.

A handler checks who asks and what, and leaves the work to the store, in a thread: nothing slow runs on the server's.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Callable, Iterator
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar, Final, ParamSpec, TypeVar

import msgspec
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from autograder.errors import UserError
from autograder.nbgrader_bridge.desk import pages
from autograder.nbgrader_bridge.desk.model import (
    Conflict,
    DeskFault,
    DeskProblem,
    SaveMark,
    State,
    Wanted,
)
from autograder.nbgrader_bridge.desk.service import Desk
from autograder.report import formulas
from autograder.text import one_line

#: Where the server's settings keep the desk.
DESK: Final = "autograder_desk"
#: Answers carry alignments of table cells as styles, and the sanitizer lets no other style pass.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Of this start of the server: another version of the desk can run only after another start.
_STARTED: Final = secrets.token_hex(4)
_COOKIE: Final = "autograder-marker"
_LOGGED_OUT: Final = "You are logged out. Open the desk's address in another tab, then save again here."
_MOST_BYTES: Final = 64 * 1024
_LONGEST_NAME: Final = 40
_ID: Final = "([0-9a-f]{1,64})"
_QUESTION: Final = "([A-Za-z0-9_]{1,64})"

P = ParamSpec("P")
T = TypeVar("T")


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what the script sends. A key that is not known is refused.

    ``marker`` is who opened the page. Somebody else can have switched the marker since, in another window.
    """

    marker: str = ""


class MarkBody(_Body, frozen=True):
    """A mark to save; ``filter`` is the list that the next answer comes from.

    ``also`` has the revisions that the marker saw of other answers' marks, by grade id; 0 if there was none.
    """

    grade_id: str
    rev: int
    rubric_rev: int
    given: dict[str, float]
    answer_sha256: str
    seen: float | None = None
    adjustment: float = 0.0
    reason: str = ""
    note: str = ""
    state: State = State.DONE
    also: dict[str, int] = {}
    compose: bool = False
    filter: Wanted = Wanted.UNMARKED


class UndoBody(_Body, frozen=True):
    """A save to undo; 0 stands for the marker's own newest one that is not undone yet."""

    event: int = 0


class ClaimBody(_Body, frozen=True):
    """An answer that somebody looks at, and the one that the same page had before; "" stands for none."""

    grade_id: str = ""
    left: str = ""


class RubricBody(_Body, frozen=True):
    """Another mark scheme, in the Markdown of the notebook, for somebody who saw revision ``rev``.

    ``look`` puts the answers that were marked without a new item on the list of those to look at again.
    """

    question: str
    rev: int
    markdown: str
    dry_run: bool
    look: bool = False


class CommentBody(_Body, frozen=True):
    """A comment for the bank, or one to take out of it."""

    question: str
    text: str
    remove: bool = False


class RequestBody(_Body, frozen=True):
    """The answer to a student's request: with a changed mark, or without one, which keeps the mark.

    ``compose`` is that of a mark, for one that is kept.
    """

    id: int
    reply: str
    mark: MarkBody | None = None
    compose: bool = False


class WhoBody(_Body, frozen=True):
    """A marker's initials."""

    initials: str


class _Handler(JupyterHandler):
    """Base of all handlers: the policy, and who asks."""

    @cached_property
    def nonce(self) -> str:
        """The nonce of this answer's script."""
        return secrets.token_urlsafe(16)

    @property
    def content_security_policy(self) -> str:
        """The value of the header ``Content-Security-Policy``."""
        return f"{_POLICY}; script-src 'nonce-{self.nonce}'"

    def set_default_headers(self) -> None:
        """Have the browser ask again for a page to which somebody goes back: marks change."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "same-origin")

    @property
    def desk(self) -> Desk:
        """The desk of this server."""
        found: Desk = self.settings[DESK]
        return found

    @property
    def declared(self) -> bool:
        """Whether markers say themselves who they are. A server with a login of its own knows it."""
        return type(self.identity_provider) in (IdentityProvider, PasswordIdentityProvider)

    @property
    def marker(self) -> str:
        """The marker's name in the log, or "" as long as nobody said it."""
        if self.declared:
            return (self.get_signed_cookie(_COOKIE) or b"").decode().lower()
        return one_line(self.current_user.username, _LONGEST_NAME)

    def visitor(self) -> pages.Visitor:
        """Return what a page needs of this request."""
        marker = self.marker
        token, instructs = self.xsrf_token.decode(), self.desk.instructs(marker)
        return pages.Visitor(self.base_url, self.nonce, token, marker, self.declared, instructs, _STARTED)


def _another(opened: str, now: str) -> str:
    opened = one_line(opened, _LONGEST_NAME)
    return f"This page was opened by {opened}, and this browser is {now}’s now. Load the page again."


def sentence(problem: UserError) -> str:
    """Return what a problem says as a sentence.

    Examples
    --------
    >>> sentence(UserError("there is no such answer"))
    'There is no such answer.'
    """
    return f"{str(problem)[:1].upper()}{str(problem)[1:]}."


async def _away(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    return await asyncio.to_thread(work, *arguments, **named)


class _PageHandler(_Handler):
    """Serves a page."""

    instructors: ClassVar[bool] = False

    @web.authenticated
    async def get(self, *arguments: str) -> None:
        """Make the page in a thread, for a marker who has a name."""
        if not self.marker:
            self.redirect(f"{self.base_url}desk/who")
            return
        if self.instructors and not self.desk.instructs(self.marker):
            raise web.HTTPError(403, "This page is for instructors.")
        try:
            page = await _away(self.page, self.visitor(), *arguments)
        except DeskFault as problem:
            self.set_status(503)
            page = pages.message(self.visitor(), "The desk cannot be used", sentence(problem))
        except UserError as problem:
            self.set_status(404)
            page = pages.message(self.visitor(), "This cannot be shown", sentence(problem))
        self.finish(page)

    def page(self, visitor: pages.Visitor, *arguments: str) -> str:
        """Return the page; this runs in a thread."""
        raise NotImplementedError

    def write_error(self, status_code: int, **values: Any) -> None:
        """Say in one sentence what was wrong."""
        problem = values.get("exc_info", (None, None))[1]
        text = problem.log_message if isinstance(problem, web.HTTPError) and status_code < 500 else None
        text = text or "The server could not do this. Its log says more."
        self.finish(pages.message(self.visitor(), f"Error {status_code}", text))


class Home(_PageHandler):
    """The progress of all questions."""

    def page(self, visitor: pages.Visitor, *_: str) -> str:
        """Return the page."""
        return self.desk.home(visitor)


class Who(_Handler):
    """Asks for a marker's initials."""

    @web.authenticated
    async def get(self) -> None:
        """Show the form."""
        self.finish(pages.who(self.visitor()))


class Question(_PageHandler):
    """One answer beside the mark scheme."""

    def page(self, visitor: pages.Visitor, *arguments: str) -> str:
        """Return the page."""
        wanted = self.get_query_argument("filter", Wanted.UNMARKED)
        if wanted not in list(Wanted):
            raise DeskProblem(f"there is no list {one_line(wanted, 20)!r} of answers")
        return self.desk.question(visitor, arguments[0], Wanted(wanted), self.get_query_argument("at", ""))


class Group(_PageHandler):
    """The answers that are like one."""

    def page(self, visitor: pages.Visitor, *arguments: str) -> str:
        """Return the page."""
        return self.desk.group(visitor, arguments[1])


class Compare(_PageHandler):
    """Two answers side by side."""

    def page(self, visitor: pages.Visitor, *_: str) -> str:
        """Return the page."""
        return self.desk.compare(visitor, self.get_query_argument("a"), self.get_query_argument("b"))


class Rubric(_PageHandler):
    """The mark scheme of a question, to be changed."""

    instructors = True

    def page(self, visitor: pages.Visitor, *arguments: str) -> str:
        """Return the page."""
        return self.desk.rubric(visitor, arguments[0])


class Agreement(_PageHandler):
    """How far two markers agree."""

    instructors = True

    def page(self, visitor: pages.Visitor, *_: str) -> str:
        """Return the page."""
        return self.desk.agreement(visitor)


class Similar(_PageHandler):
    """Pairs of answers to look at."""

    instructors = True

    def page(self, visitor: pages.Visitor, *_: str) -> str:
        """Return the page."""
        start = self.get_query_argument("start", "0")
        if not re.fullmatch(r"[0-9]{1,9}", start):
            raise DeskProblem(f"there is no pair number {one_line(start, 20)!r}")
        return self.desk.similar(visitor, self.get_query_argument("question", ""), int(start))


class Requests(_PageHandler):
    """What students ask."""

    def page(self, visitor: pages.Visitor, *_: str) -> str:
        """Return the page."""
        return self.desk.requests(visitor)


class Log(_PageHandler):
    """Who did what."""

    instructors = True

    def page(self, visitor: pages.Visitor, *_: str) -> str:
        """Return the page."""
        return self.desk.log(visitor, self.get_query_argument("grade_id", ""))


class _ApiHandler(_Handler):
    """Takes JSON from the desk's script, and answers with JSON."""

    body: ClassVar[type[_Body]]

    @web.authenticated
    async def post(self) -> None:
        """Read the body, and do in a thread what it asks for."""
        if len(self.request.body) > _MOST_BYTES:
            self.say(413, message=f"Nothing was saved: a request can have {_MOST_BYTES // 1024} kB.")
            return
        try:
            body = msgspec.json.decode(self.request.body, type=self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
            self.say(422, message=f"Nothing was saved: {one_line(str(problem), 200)}.")
            return
        if not self.marker and not isinstance(body, WhoBody):
            self.say(422, message="Nothing was saved: say first who marks, on the desk’s first page.")
            return
        if body.marker not in ("", self.marker):
            self.say(422, message=_another(body.marker, self.marker))
            return
        try:
            answer = await self.answer(body)
        except Conflict as conflict:
            self.say(
                409,
                conflict=conflict.kind,
                grade_id=conflict.grade_id,
                by=conflict.by,
                at=conflict.at,
                score=conflict.score,
                given=conflict.given,
                rev=conflict.rev,
                message=sentence(conflict),
            )
        except DeskFault as problem:
            self.say(503, message=f"Nothing was saved: {problem}.")
        except UserError as problem:
            self.say(422, message=f"Nothing was saved: {problem}.")
        else:
            self.say(200, **answer)

    async def answer(self, body: Any) -> dict[str, Any]:
        """Do what was asked, and return the answer's keys."""
        raise NotImplementedError

    def wish(self, body: MarkBody) -> SaveMark:
        """Return the mark that was sent, as this marker's."""
        return SaveMark(
            grade_id=body.grade_id,
            rev=body.rev,
            rubric_rev=body.rubric_rev,
            given=body.given,
            by=self.marker,
            answer_sha256=body.answer_sha256,
            seen=body.seen,
            adjustment=body.adjustment,
            reason=body.reason,
            note=body.note,
            state=body.state,
            also=body.also,
            compose=body.compose,
            slot=pages.slot_of(body.filter),
            resolves=body.filter is Wanted.RESOLVE,
        )

    def say(self, status: int, **values: Any) -> None:
        """Finish with a JSON object."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(values))

    def write_error(self, status_code: int, **values: Any) -> None:
        """Say in one sentence what was wrong. 403 is a login, or its token, that counts no more."""
        del values
        self.set_header("Content-Type", "application/json")
        said = f"Nothing was saved: the server says {status_code}. Load the page again."
        self.finish(json.dumps({"message": _LOGGED_OUT if status_code == HTTPStatus.FORBIDDEN else said}))


class SaveHandler(_ApiHandler):
    """Saves a mark."""

    body = MarkBody

    async def answer(self, body: MarkBody) -> dict[str, Any]:
        """Save, and name the next answer."""
        return await _away(self.desk.save, self.wish(body), body.filter)


class UndoHandler(_ApiHandler):
    """Undoes a save."""

    body = UndoBody

    async def answer(self, body: UndoBody) -> dict[str, Any]:
        """Undo it."""
        return await _away(self.desk.undo, body.event, self.marker)


class ClaimHandler(_ApiHandler):
    """Notes who looks at an answer, and who does no more."""

    body = ClaimBody

    async def answer(self, body: ClaimBody) -> dict[str, Any]:
        """Claim it, or say who has it."""
        return await _away(self.desk.claim, body.grade_id, self.marker, body.left)


class RubricHandler(_ApiHandler):
    """Changes a mark scheme, or says what a change would move."""

    body = RubricBody

    async def answer(self, body: RubricBody) -> dict[str, Any]:
        """Try it, or do it."""
        change, by = self.desk.change_rubric, self.marker
        return await _away(change, body.question, body.rev, body.markdown, by, trial=body.dry_run, look=body.look)


class CommentHandler(_ApiHandler):
    """Puts a comment into the bank, or takes one out."""

    body = CommentBody

    async def answer(self, body: CommentBody) -> dict[str, Any]:
        """Add it, or take it out."""
        if body.remove:
            return await _away(self.desk.remove_comment, body.question, body.text)
        return await _away(self.desk.add_comment, body.question, body.text, self.marker)


class RequestHandler(_ApiHandler):
    """Answers a student's request."""

    body = RequestBody

    async def answer(self, body: RequestBody) -> dict[str, Any]:
        """Accept it, or keep the mark."""
        mark = self.wish(body.mark) if body.mark else None
        return await _away(self.desk.answer_request, body.id, body.reply, self.marker, mark, compose=body.compose)


class WhoHandler(_ApiHandler):
    """Keeps a marker's initials in a signed cookie."""

    body = WhoBody

    async def answer(self, body: WhoBody) -> dict[str, Any]:
        """Set the cookie."""
        initials = one_line(body.initials, _LONGEST_NAME).strip().lower()
        if not self.declared:
            raise DeskProblem("this server knows who you are")
        if not initials:
            raise DeskProblem("the initials are empty")
        self.set_signed_cookie(_COOKIE, initials, path=self.base_url, httponly=True, samesite="Strict")
        return {"marker": initials}


class _Files(web.StaticFileHandler):
    """Serves the script, the style and the font. Nothing in them is anybody's."""

    def set_extra_headers(self, path: str) -> None:
        """Have the browser keep what the page names with a version, and else ask whether a file changed."""
        del path
        kept = self.get_query_argument("v", "") == _STARTED
        self.set_header("Cache-Control", "max-age=31536000, immutable" if kept else "no-cache")
        self.set_header("X-Content-Type-Options", "nosniff")


def handlers(base_url: str) -> Iterator[tuple[Any, ...]]:
    """Yield the desk's addresses and their handlers, for a server at ``base_url``."""
    desk = f"{base_url.rstrip('/')}/desk"
    yield rf"{desk}/static/(formulas\.woff2)", _Files, {"path": str(formulas.FOLDER)}
    yield rf"{desk}/static/(desk\.js|desk\.css)", _Files, {"path": str(pages.FOLDER)}
    yield desk, web.RedirectHandler, {"url": f"{desk}/", "permanent": False}
    for place, handler in (
        ("", Home),
        ("who", Who),
        (f"q/{_QUESTION}", Question),
        (f"q/{_QUESTION}/group/{_ID}", Group),
        (f"q/{_QUESTION}/compare", Compare),
        (f"q/{_QUESTION}/rubric", Rubric),
        ("agreement", Agreement),
        ("similar", Similar),
        ("requests", Requests),
        ("log", Log),
        ("api/mark", SaveHandler),
        ("api/undo", UndoHandler),
        ("api/claim", ClaimHandler),
        ("api/rubric", RubricHandler),
        ("api/comment", CommentHandler),
        ("api/request", RequestHandler),
        ("api/who", WhoHandler),
    ):
        yield f"{desk}/{place}", handler
