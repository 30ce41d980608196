"""Each law of a mistake gives the variance of code that students write, computed without the law."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from autograder.assignment.kernels import KernelShape, Layout
from autograder.assignment.questions import KERNELS
from autograder.judge.scales import SCALES

BY_NAME = {law.name: law for law in SCALES}
CUT = stats.truncnorm(-2, 2).std()
CUT_AT_3 = stats.truncnorm(-3, 3).std()
CLIPPED = math.sqrt(stats.norm.expect(lambda x: np.clip(x, -2, 2) ** 2))

#: Deviation of the weights that the mistake gives: of a shape in the framework's layout, its fan_in and its fan_out.
WRITTEN: dict[str, Callable[[tuple[int, ...], int, int], float]] = {
    "he_normal": lambda shape, i, o: math.sqrt(2 / i),
    "he_uniform": lambda shape, i, o: math.sqrt(6 / i) / math.sqrt(3),
    "glorot_normal": lambda shape, i, o: math.sqrt(2 / (i + o)),
    "glorot_uniform": lambda shape, i, o: math.sqrt(6 / (i + o)) / math.sqrt(3),
    "std_2_over_fan_in": lambda shape, i, o: 2 / i,
    "std_sqrt2_over_fan_in": lambda shape, i, o: math.sqrt(2) / i,
    "std_1_over_fan_in": lambda shape, i, o: 1 / i,
    "variance_squared": lambda shape, i, o: (2 / i) ** 2,
    "root_taken_twice": lambda shape, i, o: math.sqrt(math.sqrt(2 / i)),
    "inverted": lambda shape, i, o: math.sqrt(i / 2),
    "lecun": lambda shape, i, o: math.sqrt(1 / i),
    "lecun_uniform": lambda shape, i, o: math.sqrt(3 / i) / math.sqrt(3),
    "half_over_fan_in": lambda shape, i, o: math.sqrt(1 / (2 * i)),
    "four_over_fan_in": lambda shape, i, o: 2 / math.sqrt(i),
    "he_uniform_limit_as_std": lambda shape, i, o: math.sqrt(6 / i),
    "std_twice_as_uniform_limit": lambda shape, i, o: math.sqrt(2 / i) * math.sqrt(2 / i) / math.sqrt(3),
    "uniform_limit_twice": lambda shape, i, o: math.sqrt(6 / i) * math.sqrt(6 / i) / math.sqrt(3),
    "std_as_uniform_limit": lambda shape, i, o: math.sqrt(2 / i) / math.sqrt(3),
    "pytorch_default": lambda shape, i, o: (1 / math.sqrt(i)) / math.sqrt(3),
    "gain_sqrt5": lambda shape, i, o: math.sqrt(2 / (1 + 5)) / math.sqrt(i),
    "difference_of_uniforms": lambda shape, i, o: math.sqrt(2 / i) * math.sqrt(2 / 12),
    "rand_for_randn": lambda shape, i, o: math.sqrt(2 / i) * math.sqrt(1 / 12),
    "centred_rand": lambda shape, i, o: math.sqrt(2 / i) * math.sqrt(1 / 12),
    "absolute_value": lambda shape, i, o: math.sqrt(2 / i) * stats.halfnorm.std(),
    "truncated_uncorrected": lambda shape, i, o: math.sqrt(2 / i) * CUT,
    "lecun_truncated_uncorrected": lambda shape, i, o: math.sqrt(1 / i) * CUT,
    "doubled_truncated_uncorrected": lambda shape, i, o: 2 / math.sqrt(i) * CUT,
    "corrected_twice": lambda shape, i, o: math.sqrt(2 / i) / CUT,
    "clipped": lambda shape, i, o: math.sqrt(2 / i) * CLIPPED,
    "truncated_at_3": lambda shape, i, o: math.sqrt(2 / i) * CUT_AT_3,
    "leaky_gain_0_2": lambda shape, i, o: math.sqrt(2 / (1 + 0.2**2)) / math.sqrt(i),
    "leaky_gain_0_25": lambda shape, i, o: math.sqrt(2 / (1 + 0.25**2)) / math.sqrt(i),
    "leaky_gain_0_3": lambda shape, i, o: math.sqrt(2 / (1 + 0.3**2)) / math.sqrt(i),
    "leaky_gain_0_5": lambda shape, i, o: math.sqrt(2 / (1 + 0.5**2)) / math.sqrt(i),
    "tanh_gain": lambda shape, i, o: (5 / 3) / math.sqrt(i),
    "selu_gain": lambda shape, i, o: (3 / 4) / math.sqrt(i),
    "he_fan_avg": lambda shape, i, o: math.sqrt(2 / ((i + o) / 2)),
    "glorot_limit_as_std": lambda shape, i, o: math.sqrt(6 / (i + o)),
    "three_over_sum": lambda shape, i, o: math.sqrt(3 / (i + o)),
    "one_over_sum": lambda shape, i, o: math.sqrt(1 / (i + o)),
    "glorot_std_as_limit": lambda shape, i, o: math.sqrt(2 / (i + o)) / math.sqrt(3),
    "glorot_squared": lambda shape, i, o: 2 / (i + o),
    "fan_out": lambda shape, i, o: math.sqrt(2 / o),
    "one_over_fan_out": lambda shape, i, o: math.sqrt(1 / o),
    "std_2_over_fan_out": lambda shape, i, o: 2 / o,
    "shape_0": lambda shape, i, o: math.sqrt(2 / shape[0]),
    "shape_1": lambda shape, i, o: math.sqrt(2 / shape[1]),
    "shape_last": lambda shape, i, o: math.sqrt(2 / shape[-1]),
    "sum_of_axes": lambda shape, i, o: math.sqrt(2 / sum(shape)),
    "all_axes": lambda shape, i, o: math.sqrt(2 / math.prod(shape)),
    "fan_geometric": lambda shape, i, o: math.sqrt(2 / math.sqrt(i * o)),
    "larger_fan": lambda shape, i, o: math.sqrt(2 / max(i, o)),
    "smaller_fan": lambda shape, i, o: math.sqrt(2 / min(i, o)),
    "mean_and_std_swapped": lambda shape, i, o: 1.0,
    "unscaled": lambda shape, i, o: 1.0,
    "missing_parentheses": lambda shape, i, o: math.sqrt(2 / i + o),
    "fan_in_plus_1": lambda shape, i, o: math.sqrt(2 / (i + 1)),
    "fixed_0_01": lambda shape, i, o: 0.01,
    "fixed_0_02": lambda shape, i, o: 0.02,
    "fixed_0_05": lambda shape, i, o: 0.05,
    "fixed_0_1": lambda shape, i, o: 0.1,
    "keras_truncated_default": lambda shape, i, o: 0.05 * CUT,
    "keras_uniform_default": lambda shape, i, o: 0.05 / math.sqrt(3),
    "laplace_scale": lambda shape, i, o: stats.laplace(scale=math.sqrt(2 / i)).std(),
    "logistic_scale": lambda shape, i, o: stats.logistic(scale=math.sqrt(2 / i)).std(),
}
#: What reads the shape itself, and so differs from one framework to the other: in Keras, and in PyTorch.
READ: dict[str, dict[Layout, Callable[..., float]]] = {
    "wrong_layout": {  # PyTorch's fan_in for a kernel of Keras, and the other way round
        Layout.KERAS: lambda *shape: math.sqrt(2 / math.prod(shape[1:])),
        Layout.TORCH: lambda *shape: math.sqrt(2 / math.prod(shape[:-1])),
    },
    "kernel_area_ignored": {
        Layout.KERAS: lambda *shape: math.sqrt(2 / shape[-2]),
        Layout.TORCH: lambda *shape: math.sqrt(2 / shape[1]),
    },
    "lecun_area_ignored": {
        Layout.KERAS: lambda *shape: math.sqrt(1 / shape[-2]),
        Layout.TORCH: lambda *shape: math.sqrt(1 / shape[1]),
    },
    "out_channels": {
        Layout.KERAS: lambda *shape: math.sqrt(2 / shape[-1]),
        Layout.TORCH: lambda *shape: math.sqrt(2 / shape[0]),
    },
    "glorot_area_ignored": {
        Layout.KERAS: lambda *shape: math.sqrt(2 / (shape[-2] + shape[-1])),
        Layout.TORCH: lambda *shape: math.sqrt(2 / (shape[0] + shape[1])),
    },
    "fan_avg_area_ignored": {
        Layout.KERAS: lambda *shape: math.sqrt(4 / (shape[-2] + shape[-1])),
        Layout.TORCH: lambda *shape: math.sqrt(4 / (shape[0] + shape[1])),
    },
    "height_only": {
        Layout.KERAS: lambda kh, kw, i, o: math.sqrt(2 / (kh * i)),
        Layout.TORCH: lambda o, i, kh, kw: math.sqrt(2 / (kh * i)),
    },
    "width_only": {
        Layout.KERAS: lambda kh, kw, i, o: math.sqrt(2 / (kw * i)),
        Layout.TORCH: lambda o, i, kh, kw: math.sqrt(2 / (kw * i)),
    },
    "width_squared": {
        Layout.KERAS: lambda kh, kw, i, o: math.sqrt(2 / (kw * kw * i)),
        Layout.TORCH: lambda o, i, kh, kw: math.sqrt(2 / (kw * kw * i)),
    },
    "height_squared": {
        Layout.KERAS: lambda kh, kw, i, o: math.sqrt(2 / (kh * kh * i)),
        Layout.TORCH: lambda o, i, kh, kw: math.sqrt(2 / (kh * kh * i)),
    },
    "area_squared": {
        Layout.KERAS: lambda kh, kw, i, o: math.sqrt(2 / ((kh * kw) ** 2 * i)),
        Layout.TORCH: lambda o, i, kh, kw: math.sqrt(2 / ((kh * kw) ** 2 * i)),
    },
}


def fans(kernel: KernelShape) -> tuple[int, int]:
    """The fans as PyTorch counts them: channels times the window."""
    outputs, inputs, *window = kernel.in_layout(Layout.TORCH)
    return inputs * math.prod(window), outputs * math.prod(window)


@pytest.mark.frameworks
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_fans_are_those_that_pytorch_counts(kernel: KernelShape) -> None:
    from torch import empty
    from torch.nn.init import _calculate_fan_in_and_fan_out

    assert fans(kernel) == _calculate_fan_in_and_fan_out(empty(kernel.in_layout(Layout.TORCH), device="meta"))


#: What the frameworks themselves draw: their own orthogonal matrices.
DRAWN = {"orthogonal", "orthogonal_gain_1"}


def test_every_law_has_code_that_makes_its_mistake() -> None:
    uncut = {name for name in BY_NAME if name.removesuffix("_truncated_uncorrected") not in {*WRITTEN, *READ}}
    assert uncut - set(WRITTEN) == DRAWN


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("name", [n for n in (*WRITTEN, *READ) if f"{n}_truncated_uncorrected" in BY_NAME])
def test_law_met_with_a_truncated_normal_keeps_what_two_deviations_leave(name: str, layout: Layout) -> None:
    for kernel in KERNELS:
        whole, cut = (BY_NAME[n].ratio_of(kernel, layout) for n in (name, f"{name}_truncated_uncorrected"))
        assert cut / whole == pytest.approx(CUT**2)


@pytest.mark.frameworks
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_law_of_an_orthogonal_matrix_gives_the_variance_of_pytorchs(kernel: KernelShape) -> None:
    from torch import empty
    from torch.nn.init import orthogonal_

    rows = kernel.in_layout(Layout.TORCH)
    for name, gain in (("orthogonal", math.sqrt(2)), ("orthogonal_gain_1", 1.0)):
        matrix = orthogonal_(empty(rows[0], math.prod(rows[1:])), gain)
        variance = float((matrix**2).mean())
        assert BY_NAME[name].ratio_of(kernel, Layout.TORCH) == pytest.approx(variance / (2 / kernel.fan_in), rel=1e-4)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("name", WRITTEN)
def test_law_gives_the_variance_of_the_code_that_makes_the_mistake(name: str, layout: Layout) -> None:
    for kernel in KERNELS:
        fan_in, fan_out = fans(kernel)
        variance = WRITTEN[name](kernel.in_layout(layout), fan_in, fan_out) ** 2
        assert BY_NAME[name].ratio_of(kernel, layout) == pytest.approx(variance / (2 / fan_in)), kernel


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("name", READ)
def test_law_of_a_shape_read_wrongly_gives_the_variance_of_the_code_that_reads_it(name: str, layout: Layout) -> None:
    for kernel in KERNELS:
        if kernel.is_dense and name not in ("wrong_layout", "kernel_area_ignored", "out_channels"):
            continue
        fan_in, _ = fans(kernel)
        variance = READ[name][layout](*kernel.in_layout(layout)) ** 2
        assert BY_NAME[name].ratio_of(kernel, layout) == pytest.approx(variance / (2 / fan_in)), kernel


def test_law_that_moves_the_mean_gives_the_mean_of_the_code_that_makes_the_mistake() -> None:
    for kernel in KERNELS:
        he = math.sqrt(2 / fans(kernel)[0])
        for name, mean in (
            ("rand_for_randn", he * stats.uniform.mean()),
            ("absolute_value", he * stats.halfnorm.mean()),
            ("mean_and_std_swapped", he),
        ):
            assert BY_NAME[name].mean_of(kernel, Layout.KERAS) == pytest.approx(mean / he), (name, kernel)


#: Variance over 2/fan_in, worked out by hand, of what the literature and the frameworks' pages define by a number.
FIGURES = {
    "lecun": 0.5,  # LeCun et al. (1998): 1/fan_in
    "lecun_uniform": 0.5,
    "pytorch_default": 0.1667,  # U(−1/√fan_in, 1/√fan_in), of torch.nn.Linear
    "gain_sqrt5": 0.1667,
    "std_as_uniform_limit": 0.3333,
    "he_uniform_limit_as_std": 3.0,
    "difference_of_uniforms": 0.1667,
    "rand_for_randn": 0.08333,  # U(0, 1) has variance 1/12
    "centred_rand": 0.08333,
    "absolute_value": 0.3634,  # a half-normal's variance, 1 − 2/π
    "truncated_uncorrected": 0.7737,  # a normal's that is cut at two deviations
    "lecun_truncated_uncorrected": 0.3869,
    "doubled_truncated_uncorrected": 1.5475,
    "corrected_twice": 1.2924,
    "clipped": 0.9205,
    "truncated_at_3": 0.9733,
    "leaky_gain_0_2": 0.9615,  # He et al. (2015), eq. 15: 2/((1+a²)·fan_in)
    "leaky_gain_0_25": 0.9412,
    "leaky_gain_0_3": 0.9174,
    "leaky_gain_0_5": 0.8,
    "tanh_gain": 1.3889,  # torch.nn.init.calculate_gain: 5/3, and 3/4 for SELU
    "selu_gain": 0.2813,
    "laplace_scale": 2.0,  # a Laplace variance is 2·scale²
    "logistic_scale": 3.2899,  # a logistic one, π²/3·scale²
}
#: The same of the dense kernel with 400 inputs and 100 outputs, 2/fan_in = 0.005, where the fans count.
FIGURES_OF_A_KERNEL = {
    "glorot_normal": 0.8,  # Glorot and Bengio (2010): 2/500 = 0.004
    "glorot_uniform": 0.8,
    "he_fan_avg": 1.6,
    "glorot_limit_as_std": 2.4,
    "three_over_sum": 1.2,
    "one_over_sum": 0.4,
    "glorot_std_as_limit": 0.2667,
    "fan_out": 4.0,
    "one_over_fan_out": 2.0,
    "fan_geometric": 2.0,
    "smaller_fan": 4.0,
    "larger_fan": 1.0,
    "fan_in_plus_1": 0.9975,
    "fixed_0_01": 0.02,
    "fixed_0_02": 0.08,
    "fixed_0_05": 0.5,
    "fixed_0_1": 2.0,
    "keras_truncated_default": 0.3869,
    "keras_uniform_default": 0.1667,
    "unscaled": 200.0,
    "mean_and_std_swapped": 200.0,
    "inverted": 40_000.0,
    "std_2_over_fan_in": 0.005,
}


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("name", [*FIGURES, *FIGURES_OF_A_KERNEL])
def test_law_gives_the_figure_of_the_literature(name: str, layout: Layout) -> None:
    ratio = BY_NAME[name].ratio_of(KernelShape(400, 100), layout)
    assert ratio == pytest.approx({**FIGURES, **FIGURES_OF_A_KERNEL}[name], rel=5e-4)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("kernel", [KernelShape(60, 40), KernelShape(40, 60), KernelShape(7, 50, (3, 3))], ids=str)
def test_law_of_an_orthogonal_matrix_gives_the_variance_of_one_from_a_qr_factorization(
    kernel: KernelShape, layout: Layout
) -> None:
    """Saxe et al. (2014): the longer side's vectors have unit length, times the gain."""
    tall = sorted((kernel.fan_in, kernel.outputs), reverse=True)
    matrix, _ = np.linalg.qr(np.random.default_rng(1).standard_normal(tall))
    variance = float((matrix**2).mean())
    for name, gain in (("orthogonal", math.sqrt(2)), ("orthogonal_gain_1", 1.0)):
        expected = gain**2 * variance / (2 / kernel.fan_in)
        assert BY_NAME[name].ratio_of(kernel, layout) == pytest.approx(expected, rel=1e-9)
