"""Runs a calibration, shows its progress, and writes the page and its figures."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from autograder.grading.plan import PLAN
from autograder.judge.budget import rows
from autograder.version import PACKAGES, package_version
from calibration import figures
from calibration.report import page
from calibration.simulate import Tallies, calibrate, plan
from calibration.stability import STABILITY


def run_calibration(*, right: int, frameworks: int, mistakes: int, seed: int, jobs: int, out: Path) -> bool:
    """Simulate, print the page, and write it with its figures to ``out``; return whether no right answer failed.

    Parameters
    ----------
    right, frameworks, mistakes : int
        Gradings: of right draws in each layout, of each framework's own, of each mistake in each layout.
    seed : int
        Of everything that NumPy draws; the frameworks draw unseeded, as students' notebooks do.
    jobs : int
        Processes.
    out : Path
        Folder for ``calibration.md``, ``gap.png`` and ``power.png``. If it holds the page of a run with
        ``--stability``, that becomes a part of the first.
    """
    batches = plan(right, frameworks, mistakes, seed)
    tallies: Tallies = {}
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("simulating", total=len(batches))
        for grown in calibrate(batches, jobs):
            tallies = grown
            progress.advance(task)
    versions = ", ".join(
        [f"Python {platform.python_version()}", *(f"{name} {package_version(name)}" for name in PACKAGES)]
    )
    options = f"--right {right} --frameworks {frameworks} --mistakes {mistakes} --seed {seed}"
    out.mkdir(parents=True, exist_ok=True)
    stability = (out / STABILITY).read_text(encoding="utf-8").strip() if (out / STABILITY).exists() else ""
    text = page(tallies, rows(PLAN), f"`python -m autograder dev calibrate {options}` ({versions})", stability)
    print(text)
    (out / "calibration.md").write_text(text, encoding="utf-8")
    figures.gap(tallies, out / "gap.png")
    figures.power(out / "power.png")
    print(f"Page and figures: {out}/", file=sys.stderr)
    return not any(t.failed for (kind, _, _), t in tallies.items() if kind in ("right", "framework"))
