"""Thresholds of mean and variance. They stand apart because `measure` needs them, too, to choose a draw's units.

Every other threshold stands beside its test in `criteria`.
"""

from __future__ import annotations

#: |mean| of one kernel shape, in units of the measured deviation.
MEAN = 0.03
#: |variance ratio − 1| of one kernel shape.
VARIANCE = 0.05
