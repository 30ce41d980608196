"""Starts a browser for the tests with Playwright: the system's Chromium, or else Playwright's own."""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.missing import Missing

try:
    from playwright.sync_api import Browser, Error, Page, Playwright, Request, expect, sync_playwright
except ImportError:  # no wheel for this machine: the tests here are skipped one by one, and the others run
    sync_playwright = expect = Page = Request = None

__all__ = ["Page", "Request", "chromium", "expect", "program"]

TO_DO = (
    "install Chromium. On Debian: `apt install chromium`, as root. Elsewhere: "
    "`.venv/bin/python -m playwright install chromium`, as the user who tests."
)
_SYSTEMS = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def _launched(playwright: Playwright, path: str | None) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=path, timeout=60_000)
    try:
        yield browser
    finally:
        browser.close()


def _try(playwright: Playwright, path: str | None) -> None:
    """Open a file: Ubuntu's `chromium-browser` may not even start, and a snap does not see the tests' files."""
    with tempfile.TemporaryDirectory() as folder, _launched(playwright, path) as browser:
        file = Path(folder, "page.html")
        file.write_text("<!doctype html><title>A page</title>", encoding="utf-8")
        browser.new_page().goto(file.as_uri())


@functools.cache
def program() -> str | None:
    """Return the system's browser, or None for Playwright's own; raise `Missing` where none opens a page."""
    if sync_playwright is None:
        raise Missing("a browser", "the package playwright is not installed, which drives it.")
    refused = []
    with sync_playwright() as playwright:
        for path in (*filter(None, map(shutil.which, _SYSTEMS)), None):
            try:
                _try(playwright, path)
            except Error as error:
                refused.append(f"{path or 'Playwright’s own'}: {error.message.partition(chr(10))[0]}")
            else:
                return path
    raise Missing("a browser", f"{TO_DO} (Tried: {'; '.join(refused)})")


@contextlib.contextmanager
def chromium() -> Iterator[Page]:
    """Open a page; raise `Missing` with what to install where there is no browser."""
    path = program()
    with sync_playwright() as playwright, _launched(playwright, path) as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(60_000)
        yield page
