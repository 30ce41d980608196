"""Kernel shapes and their fans, apart from any framework's layout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Layout(StrEnum):
    """Order of a kernel's axes in a framework."""

    KERAS = "keras"  # Dense (in, out); Conv2D (kh, kw, in, out)
    TORCH = "torch"  # Linear (out, in); Conv2d (out, in, kh, kw)


@dataclass(frozen=True)
class KernelShape:
    """A dense or convolutional kernel.

    Parameters
    ----------
    inputs, outputs : int
        Input and output channels (features, for a dense kernel).
    window : tuple of int
        Spatial size, ``(kh, kw)``; empty for a dense kernel.
    """

    inputs: int
    outputs: int
    window: tuple[int, ...] = ()

    @property
    def height(self) -> int:
        """First spatial size, kh; 1 for a dense kernel."""
        return self.window[0] if self.window else 1

    @property
    def width(self) -> int:
        """Last spatial size, kw; 1 for a dense kernel."""
        return self.window[-1] if self.window else 1

    @property
    def area(self) -> int:
        """Kernel area, kh·kw; 1 for a dense kernel."""
        return math.prod(self.window)

    @property
    def fan_in(self) -> int:
        """Inputs that one output unit sums over (He et al., 2015, eq. 7: n = k²c)."""
        return self.inputs * self.area

    @property
    def fan_out(self) -> int:
        """Output units that one input reaches (He et al., 2015, eq. 13: n̂ = k²d)."""
        return self.outputs * self.area

    @property
    def size(self) -> int:
        """Number of weights."""
        return self.inputs * self.outputs * self.area

    @property
    def is_dense(self) -> bool:
        """Whether this is the kernel of a dense (linear) layer."""
        return not self.window

    @property
    def sizes(self) -> str:
        """The sizes in words, for people.

        Examples
        --------
        >>> KernelShape(16, 400, (3, 3)).sizes
        '16 input, 400 output channels, 3×3 window'
        """
        if self.is_dense:
            return f"{self.inputs:,} inputs, {self.outputs:,} outputs"
        window = "×".join(map(str, self.window))
        return f"{self.inputs:,} input, {self.outputs:,} output channels, {window} window"

    @property
    def words(self) -> str:
        """The kernel in words, for people.

        Examples
        --------
        >>> KernelShape(8, 7494).words
        'a dense kernel (8 inputs, 7,494 outputs)'
        """
        return f"a {'dense' if self.is_dense else 'convolution'} kernel ({self.sizes})"

    def in_layout(self, layout: Layout) -> tuple[int, ...]:
        """Return the shape as a framework writes it."""
        if layout is Layout.KERAS:
            return (*self.window, self.inputs, self.outputs)
        return (self.outputs, self.inputs, *self.window)

    def __str__(self) -> str:
        window = "×".join(map(str, self.window))
        return f"{self.inputs}→{self.outputs}" + (f", {window} window" if window else "")
