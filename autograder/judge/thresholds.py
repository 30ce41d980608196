"""The two thresholds that the measurements need, too: in whose units a draw is read depends on them.

Every other threshold stands with its test: see `criteria`.
"""

from __future__ import annotations

#: |mean| of one kernel shape, in units of the measured deviation.
MEAN = 0.03
#: |variance ratio − 1| of one kernel shape.
VARIANCE = 0.05
