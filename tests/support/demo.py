"""`make demo`: grades a small class of sample submissions with the command for real classes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from autograder.sandbox import support
from tests.support.samples import ROOT, scenarios, write

NOTEBOOK = "weight_initialization/weight_initialization.ipynb"


def _without_confinement() -> list[str]:
    """Return what has this machine grade the samples if it cannot confine them, and say so: they are our own code."""
    missing = support.probe().missing
    if not missing:
        return []
    print("*** This machine cannot confine student code, and its grades are not official: ***")
    print("".join(f"- {what}\n" for what in missing), end="")
    print("*** The samples are this repository's own code: they run as any program of yours does. ***\n", flush=True)
    return ["--unconfined"]


def main(folder: Path) -> int:
    asked = _without_confinement()
    submitted = folder / "demo"
    shutil.rmtree(submitted, ignore_errors=True)
    chosen = [s for s in scenarios() if s.expected.get("demo")]
    print(f"{len(chosen)} sample submissions, written to {submitted}/:")
    for scenario in chosen:
        write(scenario.build(), submitted / scenario.name / NOTEBOOK)
        print(f"  {scenario.name:20} {scenario.expected['title']}")
    print("\nGrading them (one loops for ever; it is stopped after 5 s a call) …\n", flush=True)
    reports = {
        kind: folder / f"demo.{suffix}" for kind, suffix in {"json": "json", "html": "html", "markdown": "md"}.items()
    }
    command = [sys.executable, "-m", "autograder", "grade", "--step-timeout", "5"]
    command += [str(submitted / s.name / NOTEBOOK) for s in chosen]
    command += asked
    command += [word for kind, path in reports.items() for word in (f"--{kind}", str(path))]
    status = subprocess.run(command, cwd=ROOT).returncode
    if status == 0:
        print(f"\nThe reports: {', '.join(map(str, reports.values()))}")
        print(f"One of them in full: make grade SUBMISSION={submitted / 'fan_out' / NOTEBOOK}")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
