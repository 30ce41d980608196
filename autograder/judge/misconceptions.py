"""Mistakes worth naming: data, and one rule that picks the likeliest.

Each entry gives the variance that the mistake has, as a ratio to He's 2/fan_in, for any kernel. The
judge compares measured ratios with these, weighted by their standard errors; it never asks for an exact
match, and says nothing when nothing fits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autograder.judge.fans import KernelShape, Layout
from autograder.judge.tests import TRUNCATED_DEVIATION

Ratio = Callable[[KernelShape, Layout], float]

#: Half the squared distance, in standard errors, above which no entry is believed.
_UNKNOWN = 45.0
#: Standard errors are widened by this share: signatures are exact, samplers are not always.
_SLACK = 0.002


@dataclass(frozen=True)
class Misconception:
    """One mistake.

    Attributes
    ----------
    name : str
        Identifier, as results carry it.
    says : str
        Completes "that is …" in a student's feedback.
    ratio : callable
        Var(W) / (2/fan_in) for a kernel in a layout.
    family : str or None
        Family of distributions that tells it from others of nearly the same ratio.
    """

    name: str
    says: str
    ratio: Ratio
    family: str | None = None


def _constant(value: float) -> Ratio:
    return lambda kernel, layout: value


def _glorot(factor: float) -> Ratio:
    return lambda k, layout: factor * k.fan_in / (k.fan_in + k.fan_out)


def _fixed(deviation: float) -> Ratio:
    return lambda k, layout: deviation**2 * k.fan_in / 2


def _axis(number: int) -> Ratio:
    return lambda k, layout: k.fan_in / k.in_layout(layout)[number]


def _wrong_layout(kernel: KernelShape, layout: Layout) -> float:
    if kernel.is_dense:
        return kernel.inputs / kernel.outputs
    # Keras' (kh, kw, in, out) read as (out, in, kh, kw) takes kw·in·out for fan_in; the other way round, in·kh·out.
    spatial = kernel.window[1] if layout is Layout.KERAS else kernel.window[0]
    return kernel.area / (spatial * kernel.outputs)


MISCONCEPTIONS: tuple[Misconception, ...] = (
    Misconception("glorot_normal", "2/(fan_in+fan_out), Glorot's (Xavier's) variance", _glorot(1), "normal"),
    Misconception("glorot_normal", "2/(fan_in+fan_out), Glorot's (Xavier's) variance", _glorot(1), "truncated normal"),
    Misconception(
        "glorot_uniform",
        "2/(fan_in+fan_out), the variance of Glorot (Xavier) uniform, which is also Keras' default",
        _glorot(1),
        "uniform",
    ),
    Misconception(
        "std_2_over_fan_in",
        "(2/fan_in)²: 2/fan_in was used as the standard deviation. It is the variance; take its square root",
        lambda k, layout: 2 / k.fan_in,
    ),
    Misconception(
        "std_sqrt2_over_fan_in",
        "2/fan_in²: the root was taken of 2 alone. The standard deviation is √(2/fan_in)",
        lambda k, layout: 1 / k.fan_in,
    ),
    Misconception(
        "std_1_over_fan_in",
        "1/fan_in²: 1/fan_in was used as the standard deviation",
        lambda k, layout: 1 / (2 * k.fan_in),
    ),
    Misconception(
        "variance_squared",
        "(2/fan_in)⁴: the variance was squared, where its root was wanted",
        lambda k, layout: 8 / k.fan_in**3,
    ),
    Misconception(
        "lecun",
        "1/fan_in, LeCun's variance. ReLU zeroes half of the second moment, so He doubles it: 2/fan_in",
        _constant(0.5),
    ),
    Misconception("four_over_fan_in", "4/fan_in: the factor 2 was applied twice", _constant(2.0)),
    Misconception(
        "he_uniform_limit_as_std",
        "6/fan_in: √(6/fan_in) is the limit of He uniform, not a standard deviation",
        _constant(3.0),
    ),
    Misconception(
        "std_as_uniform_limit",
        "a third of it: uniform on ±√(2/fan_in) has variance limit²/3",
        _constant(1 / 3),
    ),
    Misconception(
        "pytorch_default",
        "1/(3·fan_in): kaiming_uniform_ with a=√5, which is PyTorch's own default for its layers",
        _constant(1 / 6),
        "uniform",
    ),
    Misconception(
        "gain_sqrt5",
        "1/(3·fan_in): a=√5 is the slope that PyTorch's layers assume by default; for ReLU leave a at 0",
        _constant(1 / 6),
        "normal",
    ),
    Misconception(
        "rand_for_randn",
        "a twelfth of it: rand draws evenly from 0…1, with variance 1/12 and a mean that is not 0; use randn",
        _constant(1 / 12),
        "uniform",
    ),
    Misconception(
        "absolute_value",
        "what is left of 2/fan_in when every weight is made positive",
        _constant(1 - 2 / math.pi),
    ),
    Misconception(
        "truncated_uncorrected",
        "what is left of 2/fan_in when a normal is cut at two deviations and not rescaled by 1/0.8796",
        _constant(TRUNCATED_DEVIATION**2),
    ),
    Misconception(
        "clipped",
        "what is left of 2/fan_in when values are clipped at two deviations",
        _constant(0.9205),
        "clipped normal",
    ),
    *(
        Misconception(
            "leaky_gain",
            f"2/((1+{slope}²)·fan_in): the gain of a leaky ReLU with slope {slope}; ReLU's slope is 0",
            _constant(1 / (1 + slope**2)),
            family,
        )
        for slope in (0.2, 0.25, 0.3)
        for family in ("normal", "truncated normal")
    ),
    Misconception("tanh_gain", "(25/18)·2/fan_in: the gain 5/3 belongs to tanh; ReLU's is √2", _constant(25 / 18)),
    Misconception("selu_gain", "(9/32)·2/fan_in: the gain 3/4 belongs to SELU; ReLU's is √2", _constant(9 / 32)),
    Misconception(
        "he_fan_avg",
        "4/(fan_in+fan_out): He's factor with the average of the fans. He's forward form takes fan_in alone",
        _glorot(2),
    ),
    Misconception(
        "glorot_limit_as_std",
        "6/(fan_in+fan_out): the limit of Glorot uniform was used as a standard deviation",
        _glorot(3),
    ),
    Misconception(
        "fan_out",
        "2/fan_out: He's backward form (mode='fan_out'). What is asked is the forward form, with fan_in",
        lambda k, layout: k.fan_in / k.fan_out,
    ),
    Misconception(
        "wrong_layout",
        "what the other framework's layout would give: the axes of fan_in are not where you looked for them",
        _wrong_layout,
    ),
    Misconception(
        "one_over_fan_out",
        "1/fan_out: LeCun's variance with the wrong fan",
        lambda k, layout: k.fan_in / (2 * k.fan_out),
    ),
    Misconception(
        "kernel_area_ignored",
        "2/in_channels: each output also sums over the kernel's window, so fan_in = kh·kw·in_channels",
        lambda k, layout: float(k.area),
    ),
    Misconception(
        "out_channels",
        "2/out_channels: the wrong channels, without the window",
        lambda k, layout: k.fan_in / k.outputs,
    ),
    Misconception("shape_0", "2/shape[0]: the first axis is not fan_in in this layout", _axis(0)),
    Misconception("shape_1", "2/shape[1]: the second axis alone is not fan_in in this layout", _axis(1)),
    Misconception("shape_last", "2/shape[-1]: the last axis is not fan_in in this layout", _axis(-1)),
    Misconception(
        "all_axes",
        "2 divided by the product of all axes: fan_in leaves the output channels out",
        lambda k, layout: k.fan_in / k.size,
    ),
    Misconception(
        "unscaled",
        "1, a standard normal that was never scaled by √(2/fan_in)",
        lambda k, layout: k.fan_in / 2,
    ),
    Misconception(
        "missing_parentheses",
        "2/fan_in + fan_out: parentheses are missing around fan_in + fan_out",
        lambda k, layout: 1 + k.fan_in * k.fan_out / 2,
    ),
    Misconception("fixed_0_01", "0.01², the same for every shape", _fixed(0.01)),
    Misconception("fixed_0_02", "0.02², the same for every shape", _fixed(0.02)),
    Misconception("fixed_0_05", "0.05², the same for every shape (Keras' RandomNormal default)", _fixed(0.05)),
    Misconception("fixed_0_1", "0.1², the same for every shape", _fixed(0.1)),
)


@dataclass(frozen=True)
class MeasuredRatio:
    """Var(W) / (2/fan_in) of one kernel, with the standard error of its logarithm."""

    kernel: KernelShape
    ratio: float
    log_error: float


def diagnose(ratios: Sequence[MeasuredRatio], layout: Layout, family: str | None) -> Misconception | None:
    """Return the likeliest mistake, or None when none fits.

    Minimises Σ(ln r̂ − ln r)²/(2·SE²) over the catalogue; an entry that is told by another family than
    the measured one (None: not recognised) is out. Of entries that fit equally well the first listed wins, so the
    catalogue is ordered by how common a mistake is.
    """
    if not ratios or not all(0.0 < m.ratio < math.inf for m in ratios):
        return None
    best: Misconception | None = None
    least = _UNKNOWN
    for entry in MISCONCEPTIONS:
        if entry.family not in (None, family):
            continue
        distance = sum(
            (math.log(m.ratio) - math.log(entry.ratio(m.kernel, layout))) ** 2 / (2.0 * (m.log_error**2 + _SLACK**2))
            for m in ratios
        )
        if distance < least - 1e-9:
            best, least = entry, distance
    return best
