"""Catalogue of mistakes of scale: each entry states its variance, and its mean if not 0, as its code computes them.

What an entry is beside the law that a task asks for, `mistakes_of_scale` derives. An entry that is that law itself is
no mistake there.

Common mistakes come first: of two entries that fit a measurement equally well, `naming` returns the first.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache, partial

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge import lessons as learn
from autograder.judge.families import CLIPPED_DEVIATION, CUT_AT_3, CUT_AT_3_VARIANCE, ORTHOGONAL, TRUNCATED_DEVIATION
from autograder.judge.law import GLOROT, HE, LECUN, TargetLaw
from autograder.judge.misconception import Figure, Misconception

_NORMAL = ("normal", "truncated normal", CUT_AT_3)

# A law that any family may follow, and laws that one family tells from others of nearly the same variance.
_law = Misconception
_normal = partial(Misconception, families=_NORMAL)
_uniform = partial(Misconception, families=("uniform",), simulated_as="uniform")
_truncated = partial(Misconception, families=("truncated normal",), simulated_as="truncated normal")


def _of(law: TargetLaw, factor: float = 1.0) -> Figure:
    return lambda kernel, layout: factor * law.variance(kernel)


def _fixed(deviation: float) -> Figure:
    return lambda kernel, layout: deviation**2


def _axis(number: int) -> Figure:
    return lambda k, layout: 2 / k.in_layout(layout)[number]


def _wrong_layout(kernel: KernelShape, layout: Layout) -> float:
    """Read (kh, kw, in, out) as (out, in, kh, kw), or the other way round."""
    shape = kernel.in_layout(layout)
    return 2 / math.prod(shape[1:] if layout is Layout.KERAS else shape[:-1])


# fmt: off
# What a layer holds that nothing has set.
GLOROT_UNIFORM = _uniform("glorot_uniform", title="Glorot (Xavier) uniform in place of {law.title} normal",
    says="2/(fan_in+fan_out), the variance of Glorot (Xavier) uniform, which is also Keras's default",
    lesson=learn.GLOROT, variance=_of(GLOROT))
PYTORCH_DEFAULT = _uniform("pytorch_default", title="PyTorch's own default for its layers",
    says="1/(3·fan_in): kaiming_uniform_ with a=√5, which is PyTorch's own default for its layers",
    lesson=learn.LAYER_DEFAULTS, variance=_of(HE, 1 / 6))

_SCALES = (
    _normal("he_normal", title="He initialization", says="2/fan_in, He's variance, which is made for ReLU",
        lesson=learn.LAW, variance=_of(HE)),
    _uniform("he_uniform", title="He uniform initialization", says="2/fan_in, the variance of He uniform",
        lesson=learn.LAW, variance=_of(HE)),
    _normal("glorot_normal", title="Glorot's (Xavier's) variance in place of {law.title}'s",
        says="2/(fan_in+fan_out), Glorot's (Xavier's) variance",
        also_cut=True, lesson=learn.GLOROT, variance=_of(GLOROT)),
    GLOROT_UNIFORM,
    _law("std_2_over_fan_in", title="He's variance used as a standard deviation",
        says="(2/fan_in)²: 2/fan_in, which is the variance, was used as the standard deviation",
        also_cut=True, lesson=learn.ROOT, variance=lambda k, layout: (2 / k.fan_in) ** 2),
    _law("std_sqrt2_over_fan_in", title="a square root that does not cover the whole fraction",
        says="2/fan_in²: the root was taken of 2 alone",
        also_cut=True, lesson=learn.ROOT, variance=lambda k, layout: 2 / k.fan_in**2),
    _law("std_1_over_fan_in", title="LeCun's variance used as a standard deviation",
        says="1/fan_in²: 1/fan_in was used as the standard deviation",
        lesson=learn.ROOT, variance=lambda k, layout: 1 / k.fan_in**2),
    _law("variance_squared", title="a variance that was squared",
        says="(2/fan_in)⁴: the variance was squared, where its root was wanted",
        lesson=learn.ROOT, variance=lambda k, layout: (2 / k.fan_in) ** 4),
    _law("root_taken_twice", title="a square root taken twice",
        says="the root of 2/fan_in: the square root was taken twice",
        lesson=learn.ROOT, variance=lambda k, layout: math.sqrt(2 / k.fan_in)),
    _law("inverted", title="a fraction that is upside down",
        says="fan_in/2: the fraction is upside down",
        lesson=learn.LAW, variance=lambda k, layout: k.fan_in / 2),
    _normal("lecun", title="LeCun's variance in place of {law.title}'s",
        says="1/fan_in, LeCun's variance, half of 2/fan_in (a gain of 1: linear, sigmoid, or leaky_relu with a = 1)",
        lesson=learn.LAW, variance=_of(LECUN)),
    _uniform("lecun_uniform", title="LeCun uniform initialization",
        says="1/fan_in: uniform on ±√(3/fan_in) is LeCun's",
        lesson=learn.UNIFORM, variance=_of(LECUN)),
    _law("half_over_fan_in", title="a factor 2 on the wrong side of the fraction line",
        says="1/(2·fan_in): the factor 2 stands under the fraction line",
        lesson=learn.LAW, variance=_of(HE, 0.25)),
    _law("four_over_fan_in", title="a factor 2 that was applied twice",
        says="4/fan_in: the factor 2 was applied twice, as in 2/√fan_in",
        lesson=learn.LAW, variance=_of(HE, 2.0), families=(*_NORMAL, "uniform")),
    _law("he_uniform_limit_as_std", title="He uniform's limit used as a standard deviation",
        says="6/fan_in: √(6/fan_in) is the limit of He uniform, not a standard deviation",
        lesson=learn.UNIFORM, variance=_of(HE, 3.0)),
    _uniform("std_twice_as_uniform_limit", title="a standard deviation used as a uniform distribution's limit, twice",
        says="(2/fan_in)²/3: the standard deviation was used twice, as a uniform distribution's limit and as a factor",
        lesson=learn.UNIFORM, variance=lambda k, layout: (2 / k.fan_in) ** 2 / 3),
    _uniform("uniform_limit_twice", title="a uniform distribution's limit that was used twice",
        says="12/fan_in²: √(6/fan_in) was used twice, as the limit of a uniform distribution and as a factor",
        lesson=learn.UNIFORM, variance=lambda k, layout: (6 / k.fan_in) ** 2 / 3),
    _uniform("std_as_uniform_limit", title="a standard deviation used as a uniform distribution's limit",
        says="a third of 2/fan_in: the standard deviation was used as the limit of a uniform distribution",
        lesson=learn.UNIFORM, variance=_of(HE, 1 / 3)),
    PYTORCH_DEFAULT,
    _normal("gain_sqrt5", title="the argument a=√5 of PyTorch's default weights",
        says="1/(3·fan_in): PyTorch's layers draw their default weights with a=√5, which is no slope of ReLU",
        lesson=learn.GAINS, variance=_of(HE, 1 / 6)),
    _law("difference_of_uniforms", title="the difference or sum of two uniform draws",
        says="a sixth of 2/fan_in: the difference (or sum) of two draws of rand has the variance 1/6; use randn",
        lesson=learn.UNIFORM, variance=_of(HE, 1 / 6), families=("triangular",), simulated_as="triangular"),
    _uniform("rand_for_randn", title="rand where randn was meant",
        says="a twelfth of 2/fan_in: rand draws evenly between 0 and 1, with the variance 1/12; use randn",
        lesson=learn.UNIFORM, variance=_of(HE, 1 / 12), mean=lambda k, layout: 0.5 * HE.deviation(k)),
    _uniform("centred_rand", title="centred rand where randn was meant",
        says="a twelfth of 2/fan_in: rand − 0.5 has mean 0, but the variance 1/12; use randn",
        lesson=learn.UNIFORM, variance=_of(HE, 1 / 12)),
    _law("absolute_value", title="the absolute values of normal draws",
        says="what is left of 2/fan_in when every weight is made positive",
        lesson=learn.HE_MEAN, variance=_of(HE, 1 - 2 / math.pi),
        families=("half-normal",), simulated_as="half-normal",
        mean=lambda k, layout: math.sqrt(2 / math.pi) * HE.deviation(k)),
    _truncated("truncated_uncorrected", title="a truncated normal that was not rescaled",
        says="what is left of 2/fan_in when a normal is cut at two standard deviations and not rescaled",
        lesson=learn.TRUNCATED, variance=_of(HE, TRUNCATED_DEVIATION**2)),
    _truncated("lecun_truncated_uncorrected",
        title="LeCun initialization with a truncated normal that was not rescaled",
        says="0.774/fan_in: LeCun's 1/fan_in, cut at two standard deviations and not rescaled",
        lesson=learn.TRUNCATED, variance=_of(LECUN, TRUNCATED_DEVIATION**2)),
    _truncated("doubled_truncated_uncorrected",
        title="a factor 2 applied twice, with a truncated normal that was not rescaled",
        says="0.774·4/fan_in: a standard deviation of 2/√fan_in, cut at two standard deviations and not rescaled",
        lesson=learn.TRUNCATED, variance=_of(HE, TRUNCATED_DEVIATION**2 * 2)),
    _normal("corrected_twice", title="a correction for truncation applied twice",
        says="1.29·2/fan_in: the standard deviation was corrected for cut tails, but nothing was cut, or the "
             "initializer corrects it by itself",
        lesson=learn.CORRECTION, variance=_of(HE, 1 / TRUNCATED_DEVIATION**2)),
    _law("clipped", title="clipping where truncation was meant",
        says="what is left of 2/fan_in when values are clipped at two standard deviations and not drawn again",
        lesson=learn.CLIPPED, variance=_of(HE, CLIPPED_DEVIATION**2),
        families=("clipped normal",), simulated_as="clipped normal"),
    _law("truncated_at_3", title="a normal cut at three deviations that was not rescaled",
        says="what is left of 2/fan_in when a normal is cut at three standard deviations and not rescaled",
        lesson=learn.TRUNCATED, variance=_of(HE, CUT_AT_3_VARIANCE), families=(CUT_AT_3,), simulated_as=CUT_AT_3),
    *(
        _normal(f"leaky_gain_{str(slope).replace('.', '_')}", title=f"the gain of a leaky ReLU with slope {slope}",
            says=f"2/((1+{slope}²)·fan_in): the gain of a leaky ReLU with slope {slope}; for negative inputs, "
                 "ReLU's slope is 0",
            lesson=learn.GAINS, variance=_of(HE, 1 / (1 + slope**2)))
        for slope in (0.2, 0.25, 0.3, 0.5)
    ),
    _law("tanh_gain", title="the gain that belongs to tanh",
        says="(25/18)·2/fan_in: the gain 5/3 belongs to tanh, not to ReLU",
        lesson=learn.GAINS, variance=_of(HE, 25 / 18)),
    _law("selu_gain", title="the gain that belongs to SELU",
        says="(9/32)·2/fan_in: the gain 3/4 belongs to SELU, not to ReLU",
        lesson=learn.GAINS, variance=_of(HE, 9 / 32)),
    _law("he_fan_avg", title="the average of the fans in place of fan_in",
        says="4/(fan_in+fan_out): He's factor with the average of the fans (Glorot times √2)",
        also_cut=True, lesson=learn.FAN, variance=_of(GLOROT, 2)),
    _law("glorot_limit_as_std", title="Glorot uniform's limit used as a standard deviation",
        says="6/(fan_in+fan_out): the limit of Glorot uniform was used as a standard deviation",
        lesson=learn.UNIFORM, variance=_of(GLOROT, 3)),
    _law("three_over_sum", title="a factor 3 over the sum of the fans",
        says="3/(fan_in+fan_out): neither Glorot's factor 2 nor the fan of He's rule",
        rare=True, lesson=learn.LAW, variance=_of(GLOROT, 1.5)),
    _law("one_over_sum", title="Glorot's variance without its factor",
        says="1/(fan_in+fan_out): Glorot's variance without its factor 2",
        lesson=learn.LAW, variance=_of(GLOROT, 0.5)),
    _uniform("glorot_std_as_limit", title="Glorot's standard deviation used as a uniform distribution's limit",
        says="2/(3·(fan_in+fan_out)): Glorot's standard deviation was used as a uniform distribution's limit",
        lesson=learn.UNIFORM, variance=_of(GLOROT, 1 / 3)),
    _law("glorot_squared", title="Glorot's variance used as a standard deviation",
        says="(2/(fan_in+fan_out))²: Glorot's variance was used as a standard deviation",
        lesson=learn.ROOT, variance=lambda k, layout: (2 / (k.fan_in + k.fan_out)) ** 2),
    _law("fan_out", title="fan_out in place of fan_in",
        says="2/fan_out, the backward form of He's rule (mode='fan_out'); the task asks for the forward form, with "
             "fan_in",
        also_cut=True, lesson=learn.HE_BACKWARD, variance=lambda k, layout: 2 / k.fan_out),
    _law("wrong_layout", title="the other framework's kernel layout",
        says="what the kernel layout of the other framework gives: fan_in was read from the wrong axes",
        also_cut=True, rare=True, lesson=learn.LAYOUTS, variance=_wrong_layout),
    _law("one_over_fan_out", title="LeCun's variance with fan_out in place of fan_in",
        says="1/fan_out: LeCun's variance with the wrong fan",
        also_cut=True, lesson=learn.FAN, variance=lambda k, layout: 1 / k.fan_out),
    _law("std_2_over_fan_out", title="a missing square root, and fan_out in place of fan_in",
        says="(2/fan_out)²: the root is missing, and the fan is the wrong one",
        lesson=learn.ROOT, variance=lambda k, layout: (2 / k.fan_out) ** 2),
    _law("kernel_area_ignored", title="a fan_in that leaves out the kernel's window",
        says="2/in_channels: each output also sums over the kernel's window",
        also_cut=True, lesson=learn.FANS, variance=lambda k, layout: 2 / k.inputs, of_windows=True),
    _law("lecun_area_ignored", title="a fan_in that leaves out the kernel's window, and LeCun's variance",
        says="1/in_channels: the window is left out of fan_in, and He's factor 2 is missing",
        lesson=learn.FANS, variance=lambda k, layout: 1 / k.inputs, of_windows=True),
    _law("height_only", title="a window that counts with its height alone",
        says="2/(kh·in_channels): the window counts with its height alone",
        lesson=learn.FANS, variance=lambda k, layout: 2 / (k.height * k.inputs), of_windows=True),
    _law("width_only", title="a window that counts with its width alone",
        says="2/(kw·in_channels): the window counts with its width alone",
        lesson=learn.FANS, variance=lambda k, layout: 2 / (k.width * k.inputs), of_windows=True),
    _law("width_squared", title="a window taken for square, by its width",
        says="2/(kw²·in_channels): the window was taken for square, and it is not",
        lesson=learn.FANS, variance=lambda k, layout: 2 / (k.width**2 * k.inputs), of_windows=True),
    _law("height_squared", title="a window taken for square, by its height",
        says="2/(kh²·in_channels): the window was taken for square, and it is not",
        lesson=learn.FANS, variance=lambda k, layout: 2 / (k.height**2 * k.inputs), of_windows=True),
    _law("area_squared", title="a window that is counted twice",
        says="2/((kh·kw)²·in_channels): the window's area is counted twice",
        lesson=learn.FANS, variance=lambda k, layout: 2 / (k.area**2 * k.inputs), of_windows=True),
    _law("out_channels", title="out_channels in place of fan_in",
        says="2/out_channels: the wrong channels, without the window",
        lesson=learn.FANS, variance=lambda k, layout: 2 / k.outputs, of_windows=True),
    _law("glorot_area_ignored", title="Glorot initialization that leaves out the kernel's window",
        says="2/(in_channels+out_channels): Glorot's variance, without the window",
        lesson=learn.FANS, variance=lambda k, layout: 2 / (k.inputs + k.outputs), of_windows=True),
    _law("fan_avg_area_ignored", title="the average of the channels in place of fan_in",
        says="4/(in_channels+out_channels): the average of the channels, without the window",
        lesson=learn.FANS, variance=lambda k, layout: 4 / (k.inputs + k.outputs), of_windows=True),
    _law("shape_0", title="the first axis in place of fan_in",
        says="2/shape[0]: the first axis is not fan_in in this layout",
        rare=True, lesson=learn.LAYOUTS, variance=_axis(0)),
    _law("shape_1", title="the second axis in place of fan_in",
        says="2/shape[1]: the second axis alone is not fan_in in this layout",
        rare=True, lesson=learn.LAYOUTS, variance=_axis(1)),
    _law("shape_last", title="the last axis in place of fan_in",
        says="2/shape[-1]: the last axis is not fan_in in this layout",
        rare=True, lesson=learn.LAYOUTS, variance=_axis(-1)),
    _law("sum_of_axes", title="a sum of axes where fan_in is a product",
        says="2 divided by the sum of all axes: fan_in is a product",
        lesson=learn.FANS, variance=lambda k, layout: 2 / sum(k.in_layout(layout)), of_windows=True),
    _law("all_axes", title="the product of all axes in place of fan_in",
        says="2 divided by the product of all axes: fan_in leaves the output channels out",
        lesson=learn.FANS, variance=lambda k, layout: 2 / k.size),
    _law("fan_geometric", title="the geometric mean of the fans in place of fan_in",
        says="2/√(fan_in·fan_out): the geometric mean of the fans",
        rare=True, lesson=learn.FAN, variance=lambda k, layout: 2 / math.sqrt(k.fan_in * k.fan_out)),
    _law("larger_fan", title="the larger fan in place of fan_in",
        says="2/max(fan_in, fan_out): the larger fan is not always fan_in",
        lesson=learn.FAN, variance=lambda k, layout: 2 / max(k.fan_in, k.fan_out)),
    _law("smaller_fan", title="the smaller fan in place of fan_in",
        says="2/min(fan_in, fan_out): the smaller fan is not always fan_in",
        rare=True, lesson=learn.FAN, variance=lambda k, layout: 2 / min(k.fan_in, k.fan_out)),
    _law("orthogonal", title="orthogonal initialization",
        says="what an orthogonal matrix times √2 has: its entries depend on one another",
        lesson=learn.ORTHOGONAL, variance=lambda k, layout: 2 / max(k.fan_in, k.outputs),
        families=(ORTHOGONAL,), simulated_as=ORTHOGONAL),
    _law("orthogonal_gain_1", title="orthogonal initialization without a gain",
        says="what an orthogonal matrix has: its entries depend on one another, and there is no gain for ReLU",
        lesson=learn.ORTHOGONAL, variance=lambda k, layout: 1 / max(k.fan_in, k.outputs),
        families=(ORTHOGONAL,), simulated_as=ORTHOGONAL),
    _law("mean_and_std_swapped", title="mean and standard deviation in the wrong order",
        says="1, about a mean that should be the standard deviation: the two were swapped (the mean comes first)",
        lesson=learn.ARGUMENTS, variance=_fixed(1.0), mean=lambda k, layout: HE.deviation(k)),
    _law("unscaled", title="a standard normal that was never scaled",
        says="1, a standard normal that was never scaled",
        also_cut=True, lesson=learn.LAW, variance=_fixed(1.0)),
    _law("missing_parentheses", title="missing parentheses",
        says="2/fan_in + fan_out: parentheses are missing around fan_in + fan_out",
        lesson=learn.PRECEDENCE, variance=lambda k, layout: 2 / k.fan_in + k.fan_out),
    _law("fan_in_plus_1", title="a bias that was counted into fan_in",
        says="2/(fan_in+1): fan_in does not count the bias",
        lesson=learn.LAW, variance=lambda k, layout: 2 / (k.fan_in + 1)),
    _law("fixed_0_01", title="one fixed standard deviation, 0.01",
        says="0.01², the same for every shape",
        lesson=learn.FIXED, variance=_fixed(0.01)),
    _law("fixed_0_02", title="one fixed standard deviation, 0.02",
        says="0.02², the same for every shape",
        lesson=learn.FIXED, variance=_fixed(0.02)),
    _law("fixed_0_05", title="one fixed standard deviation, 0.05",
        says="0.05², the same for every shape (Keras's RandomNormal default)",
        lesson=learn.KERAS_DEFAULTS, variance=_fixed(0.05)),
    _law("fixed_0_1", title="one fixed standard deviation, 0.1",
        says="0.1², the same for every shape",
        lesson=learn.FIXED, variance=_fixed(0.1)),
    _truncated("keras_truncated_default", title="Keras's TruncatedNormal with its default standard deviation",
        says="0.774·0.05², the same for every shape: Keras's TruncatedNormal with its default standard deviation",
        lesson=learn.KERAS_DEFAULTS, variance=_fixed(0.05 * TRUNCATED_DEVIATION)),
    _uniform("keras_uniform_default", title="Keras's RandomUniform with its default limits",
        says="0.05²/3, the same for every shape: Keras's RandomUniform with its default limits",
        lesson=learn.KERAS_DEFAULTS, variance=_fixed(0.05 / math.sqrt(3))),
    _law("laplace_scale", title="a Laplace distribution's scale used as a standard deviation",
        says="4/fan_in: a Laplace distribution's scale is not its standard deviation, which is √2 times as large",
        lesson=learn.LAPLACE, variance=_of(HE, 2.0), families=("Laplace",), simulated_as="Laplace"),
    _law("logistic_scale", title="a logistic distribution's scale used as a standard deviation",
        says="(π²/3)·2/fan_in: a logistic distribution's scale is not its standard deviation",
        lesson=learn.LOGISTIC, variance=_of(HE, math.pi**2 / 3), families=("logistic",), simulated_as="logistic"),
)
# fmt: on


def _cut(entry: Misconception) -> Misconception:
    """Return ``entry`` drawn with tf.random.truncated_normal: cut at two deviations, and nothing rescaled."""
    variance = entry.variance_of
    return replace(
        entry,
        name=f"{entry.name}_truncated_uncorrected",
        lesson=learn.TRUNCATED if entry.lesson is learn.GLOROT else entry.lesson,
        says=f"{entry.says}; and the normal was cut at two standard deviations and not rescaled",
        title=f"{entry.title}, with a truncated normal that was not rescaled",
        variance=lambda kernel, layout: TRUNCATED_DEVIATION**2 * variance(kernel, layout),
        families=("truncated normal",),
        simulated_as="truncated normal",
    )


#: Every law of scale that students write.
SCALES = (*_SCALES, *(_cut(entry) for entry in _SCALES if entry.also_cut))
#: Kernels on which no two laws agree by chance: with fan_in below and above fan_out, with a window and without.
_PROBES = (KernelShape(3, 5), KernelShape(7, 4), KernelShape(5, 13, (2, 3)), KernelShape(17, 6, (3, 2)))


@lru_cache
def mistakes_of_scale(law: TargetLaw) -> tuple[Misconception, ...]:
    """Return every law of scale but ``law`` itself, common mistakes first.

    Examples
    --------
    >>> names = {entry.name for entry in mistakes_of_scale(GLOROT)}
    >>> "he_normal" in names, "glorot_normal" in names
    (True, False)
    """
    return tuple(entry for entry in SCALES if not _is(entry, law))


def _is(entry: Misconception, law: TargetLaw) -> bool:
    return entry.mean is None and all(
        math.isclose(entry.ratio_of(kernel, layout, law), 1.0, rel_tol=1e-9) for kernel in _PROBES for layout in Layout
    )
