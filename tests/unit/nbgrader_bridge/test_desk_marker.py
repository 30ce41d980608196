"""The name in the desk's log: that of the server's own login, or the initials that a marker typed."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User

from autograder.nbgrader_bridge.desk.handlers import DESK, Home, UndoHandler, WhoHandler, _ApiHandler


class OfAHub(IdentityProvider):
    """Like JupyterHub's own, which asks the hub who a visitor is."""


def visited(provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch, cookie: bytes | None) -> Home:
    handler = Home.__new__(Home)
    handler.application = SimpleNamespace(settings={"identity_provider": provider})
    handler.current_user = User("ann.smith@uni\n" + "x" * 60)
    monkeypatch.setattr(handler, "get_signed_cookie", lambda _: cookie)
    return handler


@pytest.mark.parametrize("cookie", [None, b"BB"])
def test_a_hubs_user_is_named_whatever_a_cookie_says(monkeypatch: pytest.MonkeyPatch, cookie: bytes | None) -> None:
    handler = visited(OfAHub(), monkeypatch, cookie)
    assert not handler.declared
    assert handler.marker.startswith("ann.smith@uni")
    assert len(handler.marker) <= 41
    assert "\n" not in handler.marker


@pytest.mark.parametrize("provider", [IdentityProvider, PasswordIdentityProvider])
@pytest.mark.parametrize(("cookie", "name"), [(None, ""), (b"Bob", "bob")])
def test_on_a_server_with_one_token_for_all_markers_say_who_they_are(
    monkeypatch: pytest.MonkeyPatch, provider: type[IdentityProvider], cookie: bytes | None, name: str
) -> None:
    handler = visited(provider(), monkeypatch, cookie)
    assert (handler.declared, handler.marker) == (True, name)


def sent(
    handler_of: type[_ApiHandler], content: object, monkeypatch: pytest.MonkeyPatch, cookie: bytes | None = b"bob"
) -> tuple[int, dict[str, Any], list[str]]:
    """Send JSON to a handler; return the status, the answer, and the names in the cookies that it sets."""
    handler, names = handler_of.__new__(handler_of), []
    said: dict[str, Any] = {}
    settings = {"identity_provider": IdentityProvider(), DESK: SimpleNamespace(undo=lambda *_: {"event": 7})}
    handler.application = SimpleNamespace(settings=settings)
    handler.current_user, handler.request = User("x"), SimpleNamespace(body=json.dumps(content).encode())
    monkeypatch.setattr(handler_of, "base_url", "/")
    monkeypatch.setattr(handler, "get_signed_cookie", lambda _: cookie)
    monkeypatch.setattr(handler, "set_signed_cookie", lambda _, name, **__: names.append(name))
    monkeypatch.setattr(handler, "say", lambda status, **values: said.update(values, status=status))
    asyncio.run(handler.post())
    return said.pop("status"), said, names


def test_a_page_that_another_marker_opened_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(UndoHandler, {"event": 7, "marker": "bob"}, monkeypatch)[:2] == (200, {"event": 7})
    refused = "This page was opened by ann, and this browser is bob’s now. Load the page again."
    assert sent(UndoHandler, {"event": 7, "marker": "ann"}, monkeypatch)[:2] == (422, {"message": refused})
    status, answer, _ = sent(UndoHandler, {"event": 7}, monkeypatch, None)
    assert (status, "say first who marks" in answer["message"]) == (422, True)


def test_initials_are_the_same_in_small_and_in_capital_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(WhoHandler, {"initials": " Bob "}, monkeypatch) == (200, {"marker": "bob"}, ["bob"])


def test_whoever_is_logged_out_is_told_how_to_save_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = UndoHandler.__new__(UndoHandler)
    said: list[str] = []
    monkeypatch.setattr(handler, "set_header", lambda *_: None)
    monkeypatch.setattr(handler, "finish", said.append)
    for status in (403, 500):
        handler.write_error(status)
    assert "Open the desk's address in another tab, then save again here." in said[0]
    assert "the server says 500" in said[1]
