"""Loads the schemas that other programs define for reports: JSON Schemas, and JUnit's."""

from __future__ import annotations

import json
from typing import Any

from tests.support.samples import ROOT

SHAPES = ROOT / "tests/support/shapes"


def shape(name: str) -> dict[str, Any]:
    return json.loads((SHAPES / f"{name}.json").read_text(encoding="utf-8"))
