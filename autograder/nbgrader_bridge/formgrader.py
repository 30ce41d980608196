"""A Jupyter server extension: nbgrader's formgrader under a strict content policy, and the marking desk beside it.

`make formgrader` and `make mark` enable it. It takes the place of nbgrader's own extension. No page runs a script that
is not nbgrader's or the desk's, or loads anything from elsewhere. A page that shows a notebook is made off the server's
thread, so that it keeps no other page waiting.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from jupyter_server.serverapp import ServerApp
from markupsafe import escape
from nbgrader.server_extensions.formgrader import apihandlers, handlers
from nbgrader.server_extensions.formgrader.base import BaseHandler
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado import web

from autograder.assignment.questions import NAME
from autograder.nbgrader_bridge.desk import handlers as desk
from autograder.nbgrader_bridge.desk.service import Desk
from autograder.nbgrader_bridge.desk.settings import MarkingDesk
from autograder.nbgrader_bridge.pages import CannotShow, FormgraderPage, warm
from autograder.report import formulas

Resources = dict[str, Any]

_POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: Of the server's other pages, such as the live notebook that the formgrader links to. There, Jupyter shows a student's
#: Markdown, and a picture of it could log the grader out. The icons of these pages are the price.
_OTHER_POLICY: Final = "img-src data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
_HANDLER: Final = re.compile(r'\son[a-z]+="([^"{]*)"', re.I)
#: Of files beside a student's notebook, which nbgrader serves as they are.
_FILES_POLICY: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


#: What nbgrader's lists lack for a phone, where their tables are wider than the screen: they scroll on their own.
_PHONE: Final = (
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
    "@media (max-width: 62rem) { .jupyter-logo { display: none; } .page-header { margin: 0; } "
    ".col-md-10 { overflow-x: auto; } }</style>"
)


def _hashes() -> str:
    """Return the hashes of the handlers in nbgrader's templates, such as ``onclick="toggle_name(true);"``."""
    texts = (path.read_text("utf-8") for path in Path(handlers.template_path).rglob("*") if path.is_file())
    words = {each for text in texts for each in _HANDLER.findall(text)}
    digests = (hashlib.sha256(each.encode()).digest() for each in sorted(words))
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


class _Strict(BaseHandler):
    """Serves nbgrader's page with a policy that lets the page's own scripts run by their nonce."""

    _hashes = _hashes()

    @cached_property
    def nonce(self) -> str:
        """The nonce of this answer's scripts."""
        return secrets.token_urlsafe(16)

    @property
    def content_security_policy(self) -> str:
        """The value of the header ``Content-Security-Policy``."""
        return f"{_POLICY}; script-src 'nonce-{self.nonce}' 'unsafe-hashes' {self._hashes}"

    def render(self, name: str, **values: Any) -> str:
        """Return a page of nbgrader's that fits a phone, and whose scripts carry the nonce.

        The template escapes what it is given.
        """
        page: str = super().render(name, **values)
        return page.replace("<head>", f"<head>{_PHONE}", 1).replace("<script", f'<script nonce="{self.nonce}"')

    def on_finish(self) -> None:
        """Forget what this request read. nbgrader keeps one session, which would show scores from before the desk's."""
        super().on_finish()
        gradebook = self.settings["nbgrader_gradebook"]
        if gradebook is not None:
            gradebook.db.rollback()


class _Order:
    """Stands in for the exporter and keeps what nbgrader's handler asks it for, so that nobody waits for the page."""

    def __init__(self) -> None:
        self.given: tuple[str, Resources] | None = None

    def from_filename(self, filename: str, resources: Resources) -> tuple[str, Resources]:
        self.given = filename, resources
        return "", resources


class _Submission(_Strict, handlers.SubmissionHandler):
    """Shows a submission to a grader."""

    @property
    def exporter(self) -> _Order:
        """What nbgrader's handler takes for the exporter."""
        return self._order

    async def get(self, submission_id: str) -> None:
        """Find the submission as nbgrader does, then await its page."""
        self._order = _Order()
        super().get(submission_id)
        if self._order.given is not None:
            filename, resources = self._order.given
            resources = {name: escape(value) if isinstance(value, str) else value for name, value in resources.items()}
            exporter = self.settings["nbgrader_exporter"]
            try:
                page, _ = await asyncio.to_thread(exporter.from_filename, filename, {**resources, "nonce": self.nonce})
            except CannotShow as problem:
                self.set_status(500)
                page = f"{problem}. Open the notebook itself, or grade it again."
                self.set_header("Content-Type", "text/plain")
            self.write(page)


class _File(handlers.SubmissionFilesHandler):
    """Serves a file beside a student's notebook. Nothing in it runs."""

    content_security_policy = _FILES_POLICY


def _handlers() -> Iterator[tuple[Any, ...]]:
    yield "/formgrader/formulas/(.*)", web.StaticFileHandler, {"path": str(formulas.FOLDER)}
    ours = {handlers.SubmissionHandler: _Submission, handlers.SubmissionFilesHandler: _File}
    for pattern, handler, *more in (*handlers.default_handlers, *apihandlers.default_handlers):
        if handler is web.StaticFileHandler:  # of files that nbgrader brings
            yield pattern, handler, *more
        else:
            yield pattern, ours.get(handler) or type(handler.__name__, (_Strict, handler), {}), *more


class Formgrader(FormgradeExtension):
    """nbgrader's formgrader with strict handlers, templates that escape, and our exporter of submissions."""

    def init_tornado_settings(self, webapp: web.Application) -> None:
        """Set what the handlers need."""
        super().init_tornado_settings(webapp)
        templates: Environment = webapp.settings["nbgrader_jinja2_env"]
        templates.autoescape = True
        webapp.settings["nbgrader_exporter"] = FormgraderPage(config=self.config)
        webapp.settings[desk.DESK] = Desk(
            self.coursedir.db_url,
            Path(self.coursedir.root),
            lambda student: self._notebook(self.coursedir.autograded_directory, student),
            self._notebook(self.coursedir.release_directory, "."),
            MarkingDesk(config=self.config),
            self.log,
        )

    def _notebook(self, step: str, student: str) -> Path:
        return Path(self.coursedir.format_path(step, student, NAME)) / f"{NAME}.ipynb"

    def init_handlers(self, webapp: web.Application) -> None:
        """Add the strict handlers before nbgrader's own: the first one that fits an address serves it."""
        prefix = webapp.settings["base_url"].rstrip("/")
        ours = [(prefix + pattern, *more) for pattern, *more in _handlers()]
        webapp.add_handlers(".*$", [*ours, *desk.handlers(webapp.settings["base_url"])])
        super().init_handlers(webapp)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    warm()
    server.web_app.settings["headers"] = {"Content-Security-Policy": _OTHER_POLICY}
    formgrader = Formgrader(parent=server)
    formgrader.root_dir = server.root_dir
    formgrader.log = server.log
    formgrader.initialize([])
    formgrader.init_tornado_settings(server.web_app)
    formgrader.init_handlers(server.web_app)
