"""In a class with hostile submissions, every submission gets a verdict, and the server leaks nothing.

`make bench-sandbox` does the same with 200 submissions and every kind of exhaustion.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.confinement import HOSTILE, endurance

pytestmark = [pytest.mark.slow, pytest.mark.frameworks]

KINDS = ("memory_from_numpy", "crash_in_c", "flood_of_the_result_pipe")
SUBMISSIONS = 15


@pytest.mark.usefixtures("need_confinement")
def test_class_with_hostile_submissions_loses_nobody_and_leaks_nothing(tmp_path: Path) -> None:
    found = endurance(tmp_path, SUBMISSIONS, [attack for attack in HOSTILE if attack.name in KINDS])
    assert found.outcomes.total() == SUBMISSIONS
    assert found.outcomes["honest: graded 40"] == SUBMISSIONS * 4 // 5
    for what, before in found.before.items():
        assert found.after[what].descriptors == before.descriptors, what
    # A leak of one scratch path, or of one report, a submission would be far less; pages come and go.
    assert found.after["warm process"].memory - found.before["warm process"].memory < 4 * 1024
