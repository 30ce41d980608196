"""docs/dask.yaml has Dask look less often at its own programs. Dask ignores a setting that it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import yaml

from tests.support.samples import ROOT


def leaves(settings: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in settings.items():
        yield from leaves(value, (*above, key)) if isinstance(value, dict) else [(*above, key)]


def test_dask_knows_every_setting() -> None:
    ours = yaml.safe_load((ROOT / "docs/dask.yaml").read_text(encoding="utf-8"))
    known = yaml.safe_load(Path(distributed.__file__).with_name("distributed.yaml").read_text(encoding="utf-8"))
    assert set(leaves(ours)) <= set(leaves(known))
    assert len(set(leaves(ours))) == 3
