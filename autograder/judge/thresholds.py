"""Every threshold of the judge. Each lies in a gap: far from all right answers, and from every mistake worth catching.

`budget` lists each with its error bound and margin; the README of this folder derives them.
"""

from __future__ import annotations

# --- initializers ------------------------------------------------------------------------------------

#: |mean| of one kernel shape, in units of the measured deviation.
MEAN = 0.03
#: |variance ratio − 1| of one kernel shape.
VARIANCE = 0.05
#: The same, pooled over every shape: between a normal cut at 3σ (0.973) and a leaky slope of 0.1 (0.990).
POOLED_VARIANCE = 0.018
#: Fewest weights for which the pooled variance is judged: some kernels may not have come back.
POOLED_WEIGHTS = 500_000
#: When the pooled variance is off, dense or convolution kernels are to blame if their own share is off by this.
BLAMED_VARIANCE = 0.009
#: Kolmogorov–Smirnov distance to the nearer accepted family, pooled over everything.
DISTANCE = 0.0125
#: |r| between two draws of one shape, or between the beginnings of two shapes.
CORRELATION = 0.05
#: |r| within one draw: at any lag, about any centre, along a flipped axis, with the transpose.
WITHIN = 0.10
#: Bound on the probability of the worst group's share along one axis, below which groups count as unlike.
GROUPS = 1e-14
#: Dispersion of groups' mean squares, or of their means, below which they count as made even; 1 for normal draws.
EVENNESS = 0.02
#: Fewest groups for which evenness is judged.
EVENNESS_GROUPS = 240
#: Share of exact zeros above which a draw is called sparse. For naming only: the distance above has failed by then.
ZEROS = 0.01

# --- models ------------------------------------------------------------------------------------------

#: |variance ratio − 1| of one hidden layer, all builds pooled.
HIDDEN = 0.07
#: The same, both hidden layers pooled.
POOLED_HIDDEN = 0.05
#: |r| within one build's hidden layer.
WITHIN_LAYER = 0.25
#: |mean| of one hidden layer in units of the measured deviation.
HIDDEN_MEAN = 0.05
#: Room below Glorot's and above He's variance in the output layer, as a share of each.
OUTPUT = 0.22
#: |mean| of the output layer in units of the measured deviation.
OUTPUT_MEAN = 0.17
#: Largest difference of outputs, relative to their largest magnitude; float32 rounding gives about 1e-6.
FORWARD = 1e-3
