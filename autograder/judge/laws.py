"""The mistakes of scale: each gives its variance as a ratio to He's 2/fan_in, and its mean where that is not 0.

They are ordered by how common a mistake is: of two that fit equally well, `naming` gives the first.
"""

from __future__ import annotations

import math
from dataclasses import replace

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge import lessons as learn
from autograder.judge.families import CLIPPED_DEVIATION, CUT_AT_3_VARIANCE, TRUNCATED_DEVIATION
from autograder.judge.misconception import Misconception, Ratio

_NORMAL = ("normal", "truncated normal")


def _constant(value: float) -> Ratio:
    return lambda kernel, layout: value


def _over_sum(factor: float) -> Ratio:
    return lambda k, layout: factor * k.fan_in / (k.fan_in + k.fan_out)


def _fixed(deviation: float) -> Ratio:
    return lambda k, layout: deviation**2 * k.fan_in / 2


def _axis(number: int) -> Ratio:
    return lambda k, layout: k.fan_in / k.in_layout(layout)[number]


def _wrong_layout(kernel: KernelShape, layout: Layout) -> float:
    if kernel.is_dense:
        return kernel.inputs / kernel.outputs
    # Keras' (kh, kw, in, out) read as (out, in, kh, kw) takes kw·in·out for fan_in; the other way round, in·kh·out.
    spatial = kernel.width if layout is Layout.KERAS else kernel.height
    return kernel.area / (spatial * kernel.outputs)


def _only_dense(kernel: KernelShape, layout: Layout) -> float:
    if kernel.is_dense:
        return 1.0
    return kernel.fan_in / (kernel.fan_in + kernel.fan_out) if layout is Layout.KERAS else 1 / 6


# What a layer holds that nothing has set.
GLOROT_UNIFORM = Misconception(
    "glorot_uniform",
    "2/(fan_in+fan_out), the variance of Glorot (Xavier) uniform, which is also Keras' default",
    learn.GLOROT,
    _over_sum(1),
    families=("uniform",),
    drawn="uniform",
    title="Glorot (Xavier) uniform initialization",
)

PYTORCH_DEFAULT = Misconception(
    "pytorch_default",
    "1/(3·fan_in): kaiming_uniform_ with a=√5, which is PyTorch's own default for its layers",
    learn.LAYER_DEFAULTS,
    _constant(1 / 6),
    families=("uniform",),
    drawn="uniform",
    title="PyTorch's own default for its layers",
)

_SCALES = (
    Misconception(
        "glorot_normal",
        "2/(fan_in+fan_out), Glorot's (Xavier's) variance",
        learn.GLOROT,
        _over_sum(1),
        families=_NORMAL,
        title="Glorot (Xavier) initialization",
    ),
    GLOROT_UNIFORM,
    Misconception(
        "std_2_over_fan_in",
        "(2/fan_in)²: 2/fan_in, which is the variance, was used as the standard deviation",
        learn.ROOT,
        lambda k, layout: 2 / k.fan_in,
        title="He's variance used as a standard deviation",
    ),
    Misconception(
        "std_sqrt2_over_fan_in",
        "2/fan_in²: the root was taken of 2 alone",
        learn.ROOT,
        lambda k, layout: 1 / k.fan_in,
        title="a square root that does not cover the whole fraction",
    ),
    Misconception(
        "std_1_over_fan_in",
        "1/fan_in²: 1/fan_in was used as the standard deviation",
        learn.ROOT,
        lambda k, layout: 1 / (2 * k.fan_in),
        title="LeCun's variance used as a standard deviation",
    ),
    Misconception(
        "variance_squared",
        "(2/fan_in)⁴: the variance was squared, where its root was wanted",
        learn.ROOT,
        lambda k, layout: 8 / k.fan_in**3,
        title="a variance that was squared",
    ),
    Misconception(
        "root_taken_twice",
        "√(2/fan_in): the root was taken twice, so that the variance is what the deviation should be",
        learn.ROOT,
        lambda k, layout: math.sqrt(k.fan_in / 2),
        title="a square root taken twice",
    ),
    Misconception(
        "inverted",
        "fan_in/2: the fraction is upside down",
        learn.HE,
        lambda k, layout: k.fan_in**2 / 4,
        title="a fraction that is upside down",
    ),
    Misconception(
        "lecun",
        "1/fan_in, LeCun's variance (a gain of 1: linear, sigmoid, or leaky_relu with a = 1), half of He's",
        learn.HE,
        _constant(0.5),
        families=_NORMAL,
        title="LeCun initialization",
    ),
    Misconception(
        "lecun_uniform",
        "1/fan_in: uniform on ±√(3/fan_in) is LeCun's",
        learn.UNIFORM,
        _constant(0.5),
        families=("uniform",),
        drawn="uniform",
        title="LeCun uniform initialization",
    ),
    Misconception(
        "half_over_fan_in",
        "1/(2·fan_in): the factor 2 stands under the fraction line",
        learn.HE,
        _constant(0.25),
        title="a factor 2 on the wrong side of the fraction line",
    ),
    Misconception(
        "four_over_fan_in",
        "4/fan_in: the factor 2 was applied twice, as in 2/√fan_in",
        learn.HE,
        _constant(2.0),
        families=(*_NORMAL, "uniform"),
        title="a factor 2 that was applied twice",
    ),
    Misconception(
        "he_uniform_limit_as_std",
        "6/fan_in: √(6/fan_in) is the limit of He uniform, not a standard deviation",
        learn.UNIFORM,
        _constant(3.0),
        title="He uniform's limit used as a standard deviation",
    ),
    Misconception(
        "std_as_uniform_limit",
        "a third of it: uniform on ±√(2/fan_in) has variance limit²/3",
        learn.UNIFORM,
        _constant(1 / 3),
        families=("uniform",),
        drawn="uniform",
        title="a standard deviation used as a uniform distribution's limit",
    ),
    PYTORCH_DEFAULT,
    Misconception(
        "gain_sqrt5",
        "1/(3·fan_in): a=√5 is the slope that PyTorch's layers assume by default; ReLU's slope is 0",
        learn.GAINS,
        _constant(1 / 6),
        families=_NORMAL,
        title="the slope a=√5 of PyTorch's defaults",
    ),
    Misconception(
        "difference_of_uniforms",
        "a sixth of it: the difference (or sum) of two rand has variance 1/6; use randn",
        learn.UNIFORM,
        _constant(1 / 6),
        families=("triangular",),
        drawn="triangular",
        title="the difference or sum of two uniform draws",
    ),
    Misconception(
        "rand_for_randn",
        "a twelfth of it: rand draws evenly from 0…1, with variance 1/12 and a mean that is not 0; use randn",
        learn.UNIFORM,
        _constant(1 / 12),
        mean=_constant(0.5),
        families=("uniform",),
        drawn="uniform",
        title="rand where randn was meant",
    ),
    Misconception(
        "centred_rand",
        "a twelfth of it: rand − 0.5 has mean 0, but variance 1/12; use randn",
        learn.UNIFORM,
        _constant(1 / 12),
        families=("uniform",),
        drawn="uniform",
        title="centred rand where randn was meant",
    ),
    Misconception(
        "absolute_value",
        "what is left of 2/fan_in when every weight is made positive",
        learn.HE_MEAN,
        _constant(1 - 2 / math.pi),
        mean=_constant(math.sqrt(2 / math.pi)),
        families=("half-normal",),
        drawn="half-normal",
        title="the absolute values of normal draws",
    ),
    Misconception(
        "truncated_uncorrected",
        "what is left of 2/fan_in when a normal is cut at two deviations and not rescaled by 1/0.8796",
        learn.TRUNCATED,
        _constant(TRUNCATED_DEVIATION**2),
        families=("truncated normal",),
        drawn="truncated normal",
        title="a truncated normal that was not rescaled",
    ),
    Misconception(
        "lecun_truncated_uncorrected",
        "0.774/fan_in: LeCun's 1/fan_in, cut at two deviations and not rescaled",
        learn.TRUNCATED,
        _constant(TRUNCATED_DEVIATION**2 / 2),
        families=("truncated normal",),
        drawn="truncated normal",
        title="LeCun initialization with a truncated normal that was not rescaled",
    ),
    Misconception(
        "doubled_truncated_uncorrected",
        "0.774·4/fan_in: a deviation of 2/√fan_in, cut at two deviations and not rescaled",
        learn.TRUNCATED,
        _constant(TRUNCATED_DEVIATION**2 * 2),
        families=("truncated normal",),
        drawn="truncated normal",
        title="a factor 2 applied twice, with a truncated normal that was not rescaled",
    ),
    Misconception(
        "corrected_twice",
        "1.29·2/fan_in: the deviation was divided by 0.8796 for an initializer that does so itself or cuts nothing",
        learn.CORRECTION,
        _constant(1 / TRUNCATED_DEVIATION**2),
        families=_NORMAL,
        title="a correction for truncation applied twice",
    ),
    Misconception(
        "clipped",
        "what is left of 2/fan_in when values are clipped at two deviations, where drawing again was wanted",
        learn.CLIPPED,
        _constant(CLIPPED_DEVIATION**2),
        families=("clipped normal",),
        drawn="clipped normal",
        title="clipping where truncation was meant",
    ),
    Misconception(
        "truncated_at_3",
        "what is left of 2/fan_in when a normal is cut at three deviations and not rescaled",
        learn.TRUNCATED,
        _constant(CUT_AT_3_VARIANCE),
        families=_NORMAL,
        drawn="normal cut at 3",
        title="a normal cut at three deviations that was not rescaled",
    ),
    *(
        Misconception(
            f"leaky_gain_{str(slope).replace('.', '_')}",
            f"2/((1+{slope}²)·fan_in): the gain of a leaky ReLU with slope {slope}; ReLU's slope is 0",
            learn.GAINS,
            _constant(1 / (1 + slope**2)),
            families=_NORMAL,
            title=f"the gain of a leaky ReLU with slope {slope}",
        )
        for slope in (0.2, 0.25, 0.3, 0.5)
    ),
    Misconception(
        "tanh_gain",
        "(25/18)·2/fan_in: the gain 5/3 belongs to tanh; ReLU's is √2",
        learn.GAINS,
        _constant(25 / 18),
        title="the gain that belongs to tanh",
    ),
    Misconception(
        "selu_gain",
        "(9/32)·2/fan_in: the gain 3/4 belongs to SELU; ReLU's is √2",
        learn.GAINS,
        _constant(9 / 32),
        title="the gain that belongs to SELU",
    ),
    Misconception(
        "he_fan_avg",
        "4/(fan_in+fan_out): He's factor with the average of the fans (Glorot times √2)",
        learn.HE_BACKWARD,
        _over_sum(2),
        title="the average of the fans in place of fan_in",
    ),
    Misconception(
        "glorot_limit_as_std",
        "6/(fan_in+fan_out): the limit of Glorot uniform was used as a standard deviation",
        learn.UNIFORM,
        _over_sum(3),
        title="Glorot uniform's limit used as a standard deviation",
    ),
    Misconception(
        "three_over_sum",
        "3/(fan_in+fan_out): neither Glorot's 2 nor He's fan",
        learn.GLOROT,
        _over_sum(1.5),
        title="a factor 3 over the sum of the fans",
    ),
    Misconception(
        "one_over_sum",
        "1/(fan_in+fan_out): Glorot's variance without its factor 2",
        learn.GLOROT,
        _over_sum(0.5),
        title="Glorot's variance without its factor",
    ),
    Misconception(
        "glorot_std_as_limit",
        "2/(3·(fan_in+fan_out)): uniform on ±√(2/(fan_in+fan_out)), Glorot's deviation taken for a limit",
        learn.UNIFORM,
        _over_sum(1 / 3),
        families=("uniform",),
        drawn="uniform",
        title="Glorot's standard deviation used as a uniform distribution's limit",
    ),
    Misconception(
        "glorot_squared",
        "(2/(fan_in+fan_out))²: Glorot's variance was used as a standard deviation",
        learn.ROOT,
        lambda k, layout: 2 * k.fan_in / (k.fan_in + k.fan_out) ** 2,
        title="Glorot's variance used as a standard deviation",
    ),
    Misconception(
        "fan_out",
        "2/fan_out: He's backward form (mode='fan_out'), legitimate in the paper. What is asked is the forward form, "
        "with fan_in",
        learn.HE_BACKWARD,
        lambda k, layout: k.fan_in / k.fan_out,
        title="fan_out in place of fan_in",
    ),
    Misconception(
        "wrong_layout",
        "what the other framework's layout would give: the axes of fan_in are not where you looked for them",
        learn.LAYOUTS,
        _wrong_layout,
        title="the other framework's kernel layout",
    ),
    Misconception(
        "one_over_fan_out",
        "1/fan_out: LeCun's variance with the wrong fan",
        learn.HE_BACKWARD,
        lambda k, layout: k.fan_in / (2 * k.fan_out),
        title="LeCun's variance with fan_out in place of fan_in",
    ),
    Misconception(
        "std_2_over_fan_out",
        "(2/fan_out)²: the root is missing, and the fan is the wrong one",
        learn.ROOT,
        lambda k, layout: 2 * k.fan_in / k.fan_out**2,
        title="a missing square root, and fan_out in place of fan_in",
    ),
    Misconception(
        "kernel_area_ignored",
        "2/in_channels: each output also sums over the kernel's window",
        learn.FANS,
        lambda k, layout: float(k.area),
        of_windows=True,
        title="a fan_in that leaves out the kernel's window",
    ),
    Misconception(
        "lecun_area_ignored",
        "1/in_channels: the window is left out of fan_in, and He's factor 2 is missing",
        learn.FANS,
        lambda k, layout: k.area / 2,
        of_windows=True,
        title="a fan_in that leaves out the kernel's window, and LeCun's variance",
    ),
    Misconception(
        "height_only",
        "2/(kh·in_channels): the window counts with its height alone",
        learn.FANS,
        lambda k, layout: float(k.width),
        of_windows=True,
        title="a window that counts with its height alone",
    ),
    Misconception(
        "width_only",
        "2/(kw·in_channels): the window counts with its width alone",
        learn.FANS,
        lambda k, layout: float(k.height),
        of_windows=True,
        title="a window that counts with its width alone",
    ),
    Misconception(
        "width_squared",
        "2/(kw²·in_channels): the window is not square, and its area is kh·kw",
        learn.FANS,
        lambda k, layout: k.height / k.width,
        of_windows=True,
        title="a window taken for square, by its width",
    ),
    Misconception(
        "height_squared",
        "2/(kh²·in_channels): the window is not square, and its area is kh·kw",
        learn.FANS,
        lambda k, layout: k.width / k.height,
        of_windows=True,
        title="a window taken for square, by its height",
    ),
    Misconception(
        "area_squared",
        "2/((kh·kw)²·in_channels): the window's area is counted twice",
        learn.FANS,
        lambda k, layout: 1 / k.area,
        of_windows=True,
        title="a window that is counted twice",
    ),
    Misconception(
        "out_channels",
        "2/out_channels: the wrong channels, without the window",
        learn.FANS,
        lambda k, layout: k.fan_in / k.outputs,
        of_windows=True,
        title="out_channels in place of fan_in",
    ),
    Misconception(
        "glorot_area_ignored",
        "2/(in_channels+out_channels): Glorot's variance, without the window",
        learn.FANS,
        lambda k, layout: k.fan_in / (k.inputs + k.outputs),
        of_windows=True,
        title="Glorot initialization that leaves out the kernel's window",
    ),
    Misconception(
        "fan_avg_area_ignored",
        "4/(in_channels+out_channels): the average of the channels, without the window",
        learn.FANS,
        lambda k, layout: 2 * k.fan_in / (k.inputs + k.outputs),
        of_windows=True,
        title="the average of the channels in place of fan_in",
    ),
    Misconception(
        "shape_0",
        "2/shape[0]: the first axis is not fan_in in this layout",
        learn.LAYOUTS,
        _axis(0),
        title="the first axis in place of fan_in",
    ),
    Misconception(
        "shape_1",
        "2/shape[1]: the second axis alone is not fan_in in this layout",
        learn.LAYOUTS,
        _axis(1),
        title="the second axis in place of fan_in",
    ),
    Misconception(
        "shape_last",
        "2/shape[-1]: the last axis is not fan_in in this layout",
        learn.LAYOUTS,
        _axis(-1),
        title="the last axis in place of fan_in",
    ),
    Misconception(
        "sum_of_axes",
        "2 divided by the sum of all axes: fan_in is a product",
        learn.FANS,
        lambda k, layout: k.fan_in / sum(k.in_layout(layout)),
        of_windows=True,
        title="a sum of axes where fan_in is a product",
    ),
    Misconception(
        "all_axes",
        "2 divided by the product of all axes: fan_in leaves the output channels out",
        learn.FANS,
        lambda k, layout: k.fan_in / k.size,
        title="the product of all axes in place of fan_in",
    ),
    Misconception(
        "fan_geometric",
        "2/√(fan_in·fan_out): the geometric mean of the fans",
        learn.HE_BACKWARD,
        lambda k, layout: math.sqrt(k.fan_in / k.fan_out),
        title="the geometric mean of the fans in place of fan_in",
    ),
    Misconception(
        "larger_fan",
        "2/max(fan_in, fan_out): the larger fan is not always fan_in",
        learn.HE_BACKWARD,
        lambda k, layout: k.fan_in / max(k.fan_in, k.fan_out),
        title="the larger fan in place of fan_in",
    ),
    Misconception(
        "smaller_fan",
        "2/min(fan_in, fan_out): the smaller fan is not always fan_in",
        learn.HE_BACKWARD,
        lambda k, layout: k.fan_in / min(k.fan_in, k.fan_out),
        title="the smaller fan in place of fan_in",
    ),
    Misconception(
        "only_dense",
        "right on dense kernels alone: convolution kernels kept the framework's own default",
        learn.FANS,
        _only_dense,
        drawn="normal, default on convolutions",
        title="an initializer for dense kernels alone",
    ),
    Misconception(
        "orthogonal",
        "what an orthogonal matrix times √2 has: entries depend on one another, variance on the longer side",
        learn.ORTHOGONAL,
        lambda k, layout: k.fan_in / max(k.fan_in, k.outputs),
        families=_NORMAL,
        drawn="orthogonal",
        title="orthogonal initialization",
    ),
    Misconception(
        "orthogonal_gain_1",
        "what an orthogonal matrix has: its entries depend on one another, and there is no gain for ReLU",
        learn.ORTHOGONAL,
        lambda k, layout: k.fan_in / (2 * max(k.fan_in, k.outputs)),
        families=_NORMAL,
        drawn="orthogonal",
        title="orthogonal initialization without a gain",
    ),
    Misconception(
        "mean_and_std_swapped",
        "1 about a mean of √(2/fan_in): mean and standard deviation were swapped (the mean is the first argument)",
        learn.ARGUMENTS,
        lambda k, layout: k.fan_in / 2,
        mean=_constant(1.0),
        title="mean and standard deviation in the wrong order",
    ),
    Misconception(
        "unscaled",
        "1, a standard normal that was never scaled",
        learn.HE,
        lambda k, layout: k.fan_in / 2,
        title="a standard normal that was never scaled",
    ),
    Misconception(
        "missing_parentheses",
        "2/fan_in + fan_out: parentheses are missing around fan_in + fan_out",
        learn.PRECEDENCE,
        lambda k, layout: 1 + k.fan_in * k.fan_out / 2,
        title="missing parentheses",
    ),
    Misconception(
        "fan_in_plus_1",
        "2/(fan_in+1): fan_in does not count the bias",
        learn.HE,
        lambda k, layout: k.fan_in / (k.fan_in + 1),
        title="a bias that was counted into fan_in",
    ),
    Misconception(
        "fixed_0_01",
        "0.01², the same for every shape",
        learn.FIXED,
        _fixed(0.01),
        title="one fixed standard deviation, 0.01",
    ),
    Misconception(
        "fixed_0_02",
        "0.02², the same for every shape",
        learn.FIXED,
        _fixed(0.02),
        title="one fixed standard deviation, 0.02",
    ),
    Misconception(
        "fixed_0_05",
        "0.05², the same for every shape (Keras' RandomNormal default)",
        learn.KERAS_DEFAULTS,
        _fixed(0.05),
        title="one fixed standard deviation, 0.05",
    ),
    Misconception(
        "fixed_0_1",
        "0.1², the same for every shape",
        learn.FIXED,
        _fixed(0.1),
        title="one fixed standard deviation, 0.1",
    ),
    Misconception(
        "keras_truncated_default",
        "0.774·0.05², the same for every shape: Keras' TruncatedNormal with its default deviation",
        learn.KERAS_DEFAULTS,
        _fixed(0.05 * TRUNCATED_DEVIATION),
        families=("truncated normal",),
        drawn="truncated normal",
        title="Keras' TruncatedNormal with its default deviation",
    ),
    Misconception(
        "keras_uniform_default",
        "0.05²/3, the same for every shape: Keras' RandomUniform with its default limits",
        learn.KERAS_DEFAULTS,
        _fixed(0.05 / math.sqrt(3)),
        families=("uniform",),
        drawn="uniform",
        title="Keras' RandomUniform with its default limits",
    ),
    Misconception(
        "laplace_scale",
        "4/fan_in: a Laplace distribution's scale is not its deviation, which is √2 times as large",
        learn.LAPLACE,
        _constant(2.0),
        families=("Laplace",),
        drawn="Laplace",
        title="a Laplace distribution's scale used as a standard deviation",
    ),
    Misconception(
        "logistic_scale",
        "(π²/3)·2/fan_in: a logistic distribution's scale is not its deviation",
        learn.LOGISTIC,
        _constant(math.pi**2 / 3),
        families=("logistic",),
        drawn="logistic",
        title="a logistic distribution's scale used as a standard deviation",
    ),
)


def _cut(entry: Misconception) -> Misconception:
    """Return ``entry`` drawn with tf.random.truncated_normal: cut at two deviations, and nothing rescaled."""
    ratio = entry.ratio_of
    return replace(
        entry,
        name=f"{entry.name}_truncated_uncorrected",
        says=f"{entry.says}; and it was cut at two deviations and not rescaled by 1/0.8796",
        title=f"{entry.title}, with a truncated normal that was not rescaled",
        ratio=lambda kernel, layout: TRUNCATED_DEVIATION**2 * ratio(kernel, layout),
        families=("truncated normal",),
        drawn="truncated normal",
    )


#: Mistakes of scale that are common enough to be met with a truncated normal, too.
_ALSO_CUT = (
    "glorot_normal",
    "std_2_over_fan_in",
    "std_sqrt2_over_fan_in",
    "fan_out",
    "one_over_fan_out",
    "he_fan_avg",
    "kernel_area_ignored",
    "wrong_layout",
    "unscaled",
)
#: Every mistake of scale.
LAWS = (*_SCALES, *(_cut(entry) for entry in _SCALES if entry.name in _ALSO_CUT))
