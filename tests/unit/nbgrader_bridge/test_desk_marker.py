"""The name in the desk's log: that of the server's own login, or the initials that a marker typed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User

from autograder.nbgrader_bridge.desk.handlers import Home


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
