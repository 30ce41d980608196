"""A browser for the tests: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Page, sync_playwright

MISSING = (
    "No Chromium is installed, and the formgrader is tested in one: `make test-tools` as root, or "
    "`apt-get install chromium` (Fedora: `dnf install chromium`)."
)


@contextlib.contextmanager
def chromium() -> Iterator[Page]:
    """Open a page; raise with what to install where there is no browser."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise RuntimeError(MISSING)
    # Chromium's own sandbox does not start as root; the pages are this test's own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            page.set_default_timeout(60_000)
            yield page
        finally:
            browser.close()
