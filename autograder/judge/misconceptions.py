"""Mistakes worth naming: data, each with what tells it apart, a line for the student, and where to read on.

A mistake of scale gives its variance as a ratio to He's 2/fan_in for any kernel, and its mean where that is not 0;
a structural one (repeated rows, a cached tensor) is found by the criterion that it fails and has no ratio. The
rule that picks among them is in `naming`; no entry is a code path.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from autograder.judge.families import CLIPPED_DEVIATION, CUT_AT_3_VARIANCE, TRUNCATED_DEVIATION
from autograder.judge.fans import KernelShape, Layout

Ratio = Callable[[KernelShape, Layout], float]

_BOTH = tuple(Layout)
_NORMAL = ("normal", "truncated normal")
_HE = "He et al. (2015), equations 10 and 12: Var(w) = 2/fan_in"
_HE_BACKWARD = "He et al. (2015), equation 14, and the argument mode of torch.nn.init.kaiming_normal_"
_GLOROT = "Glorot and Bengio (2010), equations 12 and 16"
_ROOT = "standard deviation = √variance; He et al. (2015), equation 10"
_UNIFORM = "the variance of a uniform distribution on ±a, which is a²/3"
_GAINS = "torch.nn.init.calculate_gain: each activation has a gain of its own"
_FANS = "fan_in of a convolution: kh · kw · in_channels (torch.nn.init._calculate_fan_in_and_fan_out)"
_LAYOUTS = "kernel layouts: Keras (kh, kw, in, out), PyTorch (out, in, kh, kw)"
_TRUNCATED = "tf.keras.initializers.VarianceScaling: the truncated normal is divided by 0.8796"
_KERAS_DEFAULTS = "the default arguments of tf.keras.initializers.RandomNormal, TruncatedNormal and RandomUniform"
_SEEDS = "seeds: tf.keras.utils.set_random_seed, torch.manual_seed; set one outside, once, or not at all"
_BREAKING = "symmetry breaking: units that start alike get the same gradient and stay alike"
_IID = "independent and identically distributed weights, the assumption behind Var(w) = 2/fan_in"
_DTYPES = "dtypes: float32 is what layers expect (tf.cast, Tensor.to, numpy's astype)"


@dataclass(frozen=True)
class Misconception:
    """One mistake.

    Attributes
    ----------
    name : str
        Identifier, as results carry it.
    says : str
        Completes "that is …" in a student's feedback.
    look_up : str
        What to read about.
    ratio : callable or None
        Var(W) / (2/fan_in) for a kernel in a layout; None for a mistake that is not one of scale.
    mean : callable or None
        E(W) / √(2/fan_in), for mistakes that move the mean.
    families : tuple of str
        Families of distributions that tell it from others of nearly the same ratio; empty where any will do.
    layouts : tuple of Layout
        Where it can happen.
    drawn : str
        The family that it is simulated with.
    of_windows : bool
        Whether it is about windows, and no matter where there are none.
    """

    name: str
    says: str
    look_up: str
    ratio: Ratio | None = None
    mean: Ratio | None = None
    families: tuple[str, ...] = ()
    layouts: tuple[Layout, ...] = _BOTH
    drawn: str = "normal"
    of_windows: bool = False

    @property
    def tells_mean(self) -> bool:
        """Whether the mistake moves the mean, too."""
        return self.mean is not None

    def ratio_of(self, kernel: KernelShape, layout: Layout) -> float:
        """Return Var(W) / (2/fan_in); raise `ValueError` for a mistake that is not one of scale."""
        if self.ratio is None:
            raise ValueError(f"{self.name} is not told by its variance")
        return self.ratio(kernel, layout)

    def mean_of(self, kernel: KernelShape, layout: Layout) -> float | None:
        """Return E(W) / √(2/fan_in), or None where the mistake says nothing of it."""
        return None if self.mean is None else self.mean(kernel, layout)


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


_SCALES = (
    Misconception(
        "glorot_normal", "2/(fan_in+fan_out), Glorot's (Xavier's) variance", _GLOROT, _over_sum(1), families=_NORMAL
    ),
    Misconception(
        "glorot_uniform",
        "2/(fan_in+fan_out), the variance of Glorot (Xavier) uniform, which is also Keras' default",
        _GLOROT,
        _over_sum(1),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "std_2_over_fan_in",
        "(2/fan_in)²: 2/fan_in was used as the standard deviation. It is the variance; take its square root",
        _ROOT,
        lambda k, layout: 2 / k.fan_in,
    ),
    Misconception(
        "std_sqrt2_over_fan_in",
        "2/fan_in²: the root was taken of 2 alone. The standard deviation is √(2/fan_in)",
        _ROOT,
        lambda k, layout: 1 / k.fan_in,
    ),
    Misconception(
        "std_1_over_fan_in",
        "1/fan_in²: 1/fan_in was used as the standard deviation",
        _ROOT,
        lambda k, layout: 1 / (2 * k.fan_in),
    ),
    Misconception(
        "variance_squared",
        "(2/fan_in)⁴: the variance was squared, where its root was wanted",
        _ROOT,
        lambda k, layout: 8 / k.fan_in**3,
    ),
    Misconception(
        "root_taken_twice",
        "√(2/fan_in): the root was taken twice, so that the variance is what the deviation should be",
        _ROOT,
        lambda k, layout: math.sqrt(k.fan_in / 2),
    ),
    Misconception(
        "inverted",
        "fan_in/2: the fraction is upside down",
        _HE,
        lambda k, layout: k.fan_in**2 / 4,
    ),
    Misconception(
        "lecun",
        "1/fan_in, LeCun's variance (a gain of 1: linear, sigmoid, or leaky_relu with a = 1). ReLU zeroes half of the "
        "second moment, so He doubles it: 2/fan_in",
        _HE,
        _constant(0.5),
        families=_NORMAL,
    ),
    Misconception(
        "lecun_uniform",
        "1/fan_in: uniform on ±√(3/fan_in) is LeCun's; He's limit is √(6/fan_in)",
        _UNIFORM,
        _constant(0.5),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "half_over_fan_in", "1/(2·fan_in): the factor 2 stands under the fraction line", _HE, _constant(0.25)
    ),
    Misconception(
        "four_over_fan_in",
        "4/fan_in: the factor 2 was applied twice, as in 2/√fan_in",
        _HE,
        _constant(2.0),
        families=(*_NORMAL, "uniform"),
    ),
    Misconception(
        "he_uniform_limit_as_std",
        "6/fan_in: √(6/fan_in) is the limit of He uniform, not a standard deviation",
        _UNIFORM,
        _constant(3.0),
    ),
    Misconception(
        "std_as_uniform_limit",
        "a third of it: uniform on ±√(2/fan_in) has variance limit²/3",
        _UNIFORM,
        _constant(1 / 3),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "pytorch_default",
        "1/(3·fan_in): kaiming_uniform_ with a=√5, which is PyTorch's own default for its layers",
        "torch.nn.Linear.reset_parameters",
        _constant(1 / 6),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "gain_sqrt5",
        "1/(3·fan_in): a=√5 is the slope that PyTorch's layers assume by default; for ReLU leave a at 0",
        _GAINS,
        _constant(1 / 6),
        families=_NORMAL,
    ),
    Misconception(
        "difference_of_uniforms",
        "a sixth of it: the difference (or sum) of two rand has variance 1/6; use randn",
        _UNIFORM,
        _constant(1 / 6),
        families=("triangular",),
        drawn="triangular",
    ),
    Misconception(
        "rand_for_randn",
        "a twelfth of it: rand draws evenly from 0…1, with variance 1/12 and a mean that is not 0; use randn",
        _UNIFORM,
        _constant(1 / 12),
        mean=_constant(0.5),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "centred_rand",
        "a twelfth of it: rand − 0.5 has mean 0, but variance 1/12; use randn",
        _UNIFORM,
        _constant(1 / 12),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "absolute_value",
        "what is left of 2/fan_in when every weight is made positive",
        "the half-normal distribution, whose mean is not 0",
        _constant(1 - 2 / math.pi),
        mean=_constant(math.sqrt(2 / math.pi)),
        families=("half-normal",),
        drawn="half-normal",
    ),
    Misconception(
        "truncated_uncorrected",
        "what is left of 2/fan_in when a normal is cut at two deviations and not rescaled by 1/0.8796",
        _TRUNCATED,
        _constant(TRUNCATED_DEVIATION**2),
        families=("truncated normal",),
        drawn="truncated normal",
    ),
    Misconception(
        "lecun_truncated_uncorrected",
        "0.774/fan_in: LeCun's 1/fan_in, cut at two deviations and not rescaled",
        _TRUNCATED,
        _constant(TRUNCATED_DEVIATION**2 / 2),
        families=("truncated normal",),
        drawn="truncated normal",
    ),
    Misconception(
        "doubled_truncated_uncorrected",
        "0.774·4/fan_in: a deviation of 2/√fan_in, cut at two deviations and not rescaled",
        _TRUNCATED,
        _constant(TRUNCATED_DEVIATION**2 * 2),
        families=("truncated normal",),
        drawn="truncated normal",
    ),
    Misconception(
        "corrected_twice",
        "1.29·2/fan_in: the deviation was divided by 0.8796 for an initializer that does so itself or cuts nothing",
        _TRUNCATED,
        _constant(1 / TRUNCATED_DEVIATION**2),
        families=_NORMAL,
    ),
    Misconception(
        "clipped",
        "what is left of 2/fan_in when values are clipped at two deviations, where drawing again was wanted",
        "tf.random.truncated_normal and torch.nn.init.trunc_normal_",
        _constant(CLIPPED_DEVIATION**2),
        families=("clipped normal",),
        drawn="clipped normal",
    ),
    Misconception(
        "truncated_at_3",
        "what is left of 2/fan_in when a normal is cut at three deviations and not rescaled",
        _TRUNCATED,
        _constant(CUT_AT_3_VARIANCE),
        families=_NORMAL,
        drawn="normal cut at 3",
    ),
    *(
        Misconception(
            f"leaky_gain_{str(slope).replace('.', '_')}",
            f"2/((1+{slope}²)·fan_in): the gain of a leaky ReLU with slope {slope}; ReLU's slope is 0",
            _GAINS,
            _constant(1 / (1 + slope**2)),
            families=_NORMAL,
        )
        for slope in (0.2, 0.25, 0.3, 0.5)
    ),
    Misconception(
        "tanh_gain", "(25/18)·2/fan_in: the gain 5/3 belongs to tanh; ReLU's is √2", _GAINS, _constant(25 / 18)
    ),
    Misconception(
        "selu_gain", "(9/32)·2/fan_in: the gain 3/4 belongs to SELU; ReLU's is √2", _GAINS, _constant(9 / 32)
    ),
    Misconception(
        "he_fan_avg",
        "4/(fan_in+fan_out): He's factor with the average of the fans (Glorot times √2). He's forward form takes "
        "fan_in alone",
        _HE_BACKWARD,
        _over_sum(2),
    ),
    Misconception(
        "glorot_limit_as_std",
        "6/(fan_in+fan_out): the limit of Glorot uniform was used as a standard deviation",
        _UNIFORM,
        _over_sum(3),
    ),
    Misconception("three_over_sum", "3/(fan_in+fan_out): neither Glorot's 2 nor He's fan", _GLOROT, _over_sum(1.5)),
    Misconception(
        "one_over_sum", "1/(fan_in+fan_out): Glorot's variance without its factor 2", _GLOROT, _over_sum(0.5)
    ),
    Misconception(
        "glorot_std_as_limit",
        "2/(3·(fan_in+fan_out)): uniform on ±√(2/(fan_in+fan_out)); Glorot's limit is √(6/(fan_in+fan_out))",
        _UNIFORM,
        _over_sum(1 / 3),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "glorot_squared",
        "(2/(fan_in+fan_out))²: Glorot's variance was used as a standard deviation",
        _ROOT,
        lambda k, layout: 2 * k.fan_in / (k.fan_in + k.fan_out) ** 2,
    ),
    Misconception(
        "fan_out",
        "2/fan_out: He's backward form (mode='fan_out'), legitimate in the paper. What is asked is the forward form, "
        "with fan_in",
        _HE_BACKWARD,
        lambda k, layout: k.fan_in / k.fan_out,
    ),
    Misconception(
        "wrong_layout",
        "what the other framework's layout would give: the axes of fan_in are not where you looked for them",
        _LAYOUTS,
        _wrong_layout,
    ),
    Misconception(
        "one_over_fan_out",
        "1/fan_out: LeCun's variance with the wrong fan",
        _HE_BACKWARD,
        lambda k, layout: k.fan_in / (2 * k.fan_out),
    ),
    Misconception(
        "std_2_over_fan_out",
        "(2/fan_out)²: the root is missing, and the fan is the wrong one",
        _ROOT,
        lambda k, layout: 2 * k.fan_in / k.fan_out**2,
    ),
    Misconception(
        "kernel_area_ignored",
        "2/in_channels: each output also sums over the kernel's window, so fan_in = kh·kw·in_channels",
        _FANS,
        lambda k, layout: float(k.area),
        of_windows=True,
    ),
    Misconception(
        "lecun_area_ignored",
        "1/in_channels: the window is left out of fan_in, and He's factor 2 is missing",
        _FANS,
        lambda k, layout: k.area / 2,
        of_windows=True,
    ),
    Misconception(
        "height_only",
        "2/(kh·in_channels): the window counts with its height alone; fan_in = kh·kw·in_channels",
        _FANS,
        lambda k, layout: float(k.width),
        of_windows=True,
    ),
    Misconception(
        "width_only",
        "2/(kw·in_channels): the window counts with its width alone; fan_in = kh·kw·in_channels",
        _FANS,
        lambda k, layout: float(k.height),
        of_windows=True,
    ),
    Misconception(
        "width_squared",
        "2/(kw²·in_channels): the window is not square, and its area is kh·kw",
        _FANS,
        lambda k, layout: k.height / k.width,
        of_windows=True,
    ),
    Misconception(
        "height_squared",
        "2/(kh²·in_channels): the window is not square, and its area is kh·kw",
        _FANS,
        lambda k, layout: k.width / k.height,
        of_windows=True,
    ),
    Misconception(
        "area_squared",
        "2/((kh·kw)²·in_channels): the window's area is counted twice",
        _FANS,
        lambda k, layout: 1 / k.area,
        of_windows=True,
    ),
    Misconception(
        "out_channels",
        "2/out_channels: the wrong channels, without the window",
        _FANS,
        lambda k, layout: k.fan_in / k.outputs,
        of_windows=True,
    ),
    Misconception(
        "glorot_area_ignored",
        "2/(in_channels+out_channels): Glorot's variance, without the window",
        _FANS,
        lambda k, layout: k.fan_in / (k.inputs + k.outputs),
        of_windows=True,
    ),
    Misconception(
        "fan_avg_area_ignored",
        "4/(in_channels+out_channels): the average of the channels, without the window",
        _FANS,
        lambda k, layout: 2 * k.fan_in / (k.inputs + k.outputs),
        of_windows=True,
    ),
    Misconception("shape_0", "2/shape[0]: the first axis is not fan_in in this layout", _LAYOUTS, _axis(0)),
    Misconception("shape_1", "2/shape[1]: the second axis alone is not fan_in in this layout", _LAYOUTS, _axis(1)),
    Misconception("shape_last", "2/shape[-1]: the last axis is not fan_in in this layout", _LAYOUTS, _axis(-1)),
    Misconception(
        "sum_of_axes",
        "2 divided by the sum of all axes: fan_in is a product",
        _FANS,
        lambda k, layout: k.fan_in / sum(k.in_layout(layout)),
        of_windows=True,
    ),
    Misconception(
        "all_axes",
        "2 divided by the product of all axes: fan_in leaves the output channels out",
        _FANS,
        lambda k, layout: k.fan_in / k.size,
    ),
    Misconception(
        "fan_geometric",
        "2/√(fan_in·fan_out): the geometric mean of the fans",
        _HE_BACKWARD,
        lambda k, layout: math.sqrt(k.fan_in / k.fan_out),
    ),
    Misconception(
        "larger_fan",
        "2/max(fan_in, fan_out): the larger fan is not always fan_in",
        _HE_BACKWARD,
        lambda k, layout: k.fan_in / max(k.fan_in, k.fan_out),
    ),
    Misconception(
        "smaller_fan",
        "2/min(fan_in, fan_out): the smaller fan is not always fan_in",
        _HE_BACKWARD,
        lambda k, layout: k.fan_in / min(k.fan_in, k.fan_out),
    ),
    Misconception(
        "only_dense",
        "right on dense kernels alone: convolution kernels kept the framework's own default",
        _FANS,
        _only_dense,
        drawn="normal, default on convolutions",
    ),
    Misconception(
        "orthogonal",
        "what an orthogonal matrix times √2 has: entries depend on one another, variance on the longer side",
        "orthogonal initialization: Saxe et al. (2014)",
        lambda k, layout: k.fan_in / max(k.fan_in, k.outputs),
        families=_NORMAL,
        drawn="orthogonal",
    ),
    Misconception(
        "orthogonal_gain_1",
        "what an orthogonal matrix has: its entries depend on one another, and there is no gain for ReLU",
        "orthogonal initialization: Saxe et al. (2014)",
        lambda k, layout: k.fan_in / (2 * max(k.fan_in, k.outputs)),
        families=_NORMAL,
        drawn="orthogonal",
    ),
    Misconception(
        "mean_and_std_swapped",
        "1 about a mean of √(2/fan_in): mean and standard deviation were swapped (the mean is the first argument)",
        "the order of arguments: torch.normal(mean, std), numpy's normal(loc, scale)",
        lambda k, layout: k.fan_in / 2,
        mean=_constant(1.0),
    ),
    Misconception(
        "unscaled",
        "1, a standard normal that was never scaled by √(2/fan_in)",
        _HE,
        lambda k, layout: k.fan_in / 2,
    ),
    Misconception(
        "missing_parentheses",
        "2/fan_in + fan_out: parentheses are missing around fan_in + fan_out",
        "operator precedence; Glorot and Bengio (2010), equation 12",
        lambda k, layout: 1 + k.fan_in * k.fan_out / 2,
    ),
    Misconception(
        "fan_in_plus_1",
        "2/(fan_in+1): fan_in does not count the bias",
        _HE,
        lambda k, layout: k.fan_in / (k.fan_in + 1),
    ),
    Misconception("fixed_0_01", "0.01², the same for every shape", _HE, _fixed(0.01)),
    Misconception("fixed_0_02", "0.02², the same for every shape", _HE, _fixed(0.02)),
    Misconception(
        "fixed_0_05",
        "0.05², the same for every shape (Keras' RandomNormal default)",
        _KERAS_DEFAULTS,
        _fixed(0.05),
    ),
    Misconception("fixed_0_1", "0.1², the same for every shape", _HE, _fixed(0.1)),
    Misconception(
        "keras_truncated_default",
        "0.774·0.05², the same for every shape: Keras' TruncatedNormal with its default deviation",
        _KERAS_DEFAULTS,
        _fixed(0.05 * TRUNCATED_DEVIATION),
        families=("truncated normal",),
        drawn="truncated normal",
    ),
    Misconception(
        "keras_uniform_default",
        "0.05²/3, the same for every shape: Keras' RandomUniform with its default limits",
        _KERAS_DEFAULTS,
        _fixed(0.05 / math.sqrt(3)),
        families=("uniform",),
        drawn="uniform",
    ),
    Misconception(
        "laplace_scale",
        "4/fan_in: a Laplace distribution's scale is not its deviation, which is √2 times as large",
        "numpy's Generator.laplace: variance 2·scale²",
        _constant(2.0),
        families=("Laplace",),
        drawn="Laplace",
    ),
    Misconception(
        "logistic_scale",
        "(π²/3)·2/fan_in: a logistic distribution's scale is not its deviation",
        "numpy's Generator.logistic: variance scale²·π²/3",
        _constant(math.pi**2 / 3),
        families=("logistic",),
        drawn="logistic",
    ),
)

_STRUCTURES = (
    # What comes back
    Misconception("raised", "an exception for some of the shapes", _FANS),
    Misconception("returned_none", "None where a tensor is asked for", "the return statement"),
    Misconception("returned_list", "a list where a tensor is asked for", "tf.convert_to_tensor, torch.tensor"),
    Misconception(
        "returned_numpy", "a NumPy array where a tensor is asked for", "tf.convert_to_tensor, torch.from_numpy"
    ),
    Misconception("returned_other", "something that is no tensor", "tf.Tensor, torch.Tensor"),
    Misconception("dtype_float16", "float16 where float32 is asked for", _DTYPES),
    Misconception("dtype_float64", "float64, NumPy's default, where float32 is asked for", _DTYPES),
    Misconception("dtype_other", "another dtype than float32", _DTYPES),
    Misconception("transposed", "the axes in another order", _LAYOUTS),
    Misconception("flat", "one long axis", "reshape"),
    Misconception("wrong_shape", "another shape than was asked for", _LAYOUTS),
    Misconception("not_finite", "NaN or infinite values", "division by zero; the root of a negative number"),
    Misconception("constant", "one value everywhere (zeros, or a deviation that integer division made 0)", _BREAKING),
    Misconception(
        "not_in_place", "a new tensor, with the one passed in left as it was", "Tensor.normal_, Tensor.copy_"
    ),
    Misconception("returned_another", "another tensor than the one filled", "Tensor.normal_, Tensor.copy_"),
    Misconception("needs_no_grad", "an in-place change that autograd recorded", "torch.no_grad"),
    # Mean and distribution
    Misconception("mean_not_zero", "a mean that is not 0", _HE),
    Misconception("unknown_variance", "another variance than any we know", _HE),
    Misconception("uniform_distribution", "uniform weights: the right variance may be, the wrong shape", _HE),
    Misconception("laplace_distribution", "Laplace (double exponential) weights", _HE),
    Misconception("logistic_distribution", "logistic weights", _HE),
    Misconception("triangular_distribution", "triangular weights, the sum of two uniforms", _HE),
    Misconception("half-normal_distribution", "the absolute values of normal draws", _HE),
    Misconception("clipped_normal_distribution", "normal weights with their tails piled up at a limit", _TRUNCATED),
    Misconception("two_values_distribution", "a sign at random times one size (Rademacher)", _HE),
    Misconception("sparse", "weights many of which are exactly 0", "sparse initialization: torch.nn.init.sparse_"),
    Misconception("unknown_distribution", "another shape of distribution than any we know", _HE),
    # Independence
    Misconception("repeated", "a row, column, window or block that is repeated", _IID),
    Misconception("mirrored", "one half that mirrors the other", _IID),
    Misconception("symmetric", "a matrix that equals its transpose", _IID),
    Misconception("rank_one", "an outer product of two vectors", _IID),
    Misconception("uneven_scale", "a scale that changes along an axis", _IID),
    Misconception("uneven_mean", "a mean that changes along an axis", _IID),
    Misconception("unit_norm", "rows or columns that were normalised to one length", _IID),
    Misconception("centred", "rows or columns whose mean was subtracted", _IID),
    Misconception("same_stream", "kernels of different shapes that begin with the same random numbers", _SEEDS),
    # Freshness
    Misconception(
        "fixed_seed",
        "the same random numbers on every call: a seed set inside, or one initializer object reused",
        _SEEDS,
    ),
    Misconception("cached_tensor", "a tensor kept from the first call for each shape", _SEEDS),
    # Models
    Misconception("not_a_model", "something that is no model of the framework", "tf.keras.Sequential, torch.nn.Module"),
    Misconception("wrong_layers", "layers of other sizes", "tf.keras.layers.Dense, torch.nn.Linear"),
    Misconception("extra_layers", "more layers with weights than asked for", "the drawing of the network in Q7"),
    Misconception("layer_names", "layers under other names", "attributes of a torch.nn.Module"),
    Misconception("forward_error", "an exception in the forward pass", "the forward method"),
    Misconception("wrong_activation", "another activation function", "tf.keras.activations, torch.relu"),
    Misconception("wrong_forward", "outputs that these weights do not give", "the forward method"),
    Misconception(
        "only_first_layer", "He weights in the first layer alone", "loop over the layers, or use Module.apply"
    ),
    Misconception("same_weights_each_build", "the same weights in every model built", _SEEDS),
    Misconception("no_bias", "a layer without a bias", "use_bias, bias"),
    Misconception("bias_default", "biases left at PyTorch's default", "torch.nn.init.zeros_"),
    Misconception("bias_not_zero", "biases that are not 0", "torch.nn.init.zeros_, bias_initializer"),
)


def _cut(entry: Misconception) -> Misconception:
    """Return ``entry`` drawn with tf.random.truncated_normal: cut at two deviations, and nothing rescaled."""
    ratio = entry.ratio_of
    return replace(
        entry,
        name=f"{entry.name}_truncated_uncorrected",
        says=f"{entry.says}; and it was cut at two deviations and not rescaled by 1/0.8796",
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
_CUT = tuple(_cut(entry) for entry in _SCALES if entry.name in _ALSO_CUT)

MISCONCEPTIONS: tuple[Misconception, ...] = (*_SCALES, *_CUT, *_STRUCTURES)
BY_NAME = {entry.name: entry for entry in MISCONCEPTIONS}
