"""The colours of every figure: Okabe and Ito's palette, which the colour-blind can tell apart, in light and in dark.

Source: M. Okabe and K. Ito, "Color Universal Design", 2008.
"""

from __future__ import annotations

BLUE = "#0072B2"
SKY_BLUE = "#2B8CC4"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
GREEN = "#009E73"
BLACK = "#000000"
