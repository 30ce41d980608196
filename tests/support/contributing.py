"""Reads from CONTRIBUTING.md the files and lines that its examples tell a developer to write."""

from __future__ import annotations

import importlib.util
import re
import textwrap
from pathlib import Path
from types import ModuleType

from tests.support.samples import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def file(path: str) -> str:
    """Return the file that the page gives under the line "`path`:"."""
    (text,) = re.findall(rf"^`{re.escape(path)}`:\n\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return text


def lines(start: str) -> str:
    """Return the block of lines that begins with ``start``."""
    blocks = re.findall(r"^ *```(?:python)?\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in map(textwrap.dedent, blocks) if block.startswith(start))
    return found


def module(path: str, folder: Path) -> ModuleType:
    """Return the page's file as an imported module, written to ``folder``."""
    written = folder / Path(path).name
    written.write_text(file(path), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(written.stem, written)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found
