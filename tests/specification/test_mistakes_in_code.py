"""Mistakes as students write them, in both frameworks, and the name that the judge gives each.

The code is written from the definitions of the literature and of the frameworks' pages, and never from the judge's
catalogue: what a mistake's variance is, the frameworks' own samplers say here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder.assignment.questions import Task, draw_challenge, task
from autograder.grading.check import _DirectCall
from autograder.grading.interview import interview
from autograder.judge.catalogue import BY_NAME, MISCONCEPTIONS
from autograder.judge.judging import judge

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("ignore::RuntimeWarning")]

TENSORFLOW, TORCH = task("q7_tf_initializer"), task("q7_torch_initializer")

#: A standard deviation of normal weights, in Python of either framework. `n` is fan_in, `m` fan_out; `c_in` and `c_out`
#: are channels, and `kh`, `kw` the window.
DEVIATIONS = {
    "std_2_over_fan_in": "2 / n",
    "std_sqrt2_over_fan_in": "math.sqrt(2) / n",
    "std_1_over_fan_in": "1 / n",
    "variance_squared": "(2 / n) ** 2",
    "root_taken_twice": "math.sqrt(math.sqrt(2 / n))",
    "inverted": "math.sqrt(n / 2)",
    "lecun": "math.sqrt(1 / n)",
    "half_over_fan_in": "math.sqrt(1 / (2 * n))",
    "four_over_fan_in": "2 / math.sqrt(n)",
    "he_uniform_limit_as_std": "math.sqrt(6 / n)",
    "gain_sqrt5": "math.sqrt(2 / ((1 + 5) * n))",
    "corrected_twice": "math.sqrt(2 / n) / 0.87962566103423978",
    "leaky_gain_0_2": "math.sqrt(2 / ((1 + 0.2 ** 2) * n))",
    "leaky_gain_0_25": "math.sqrt(2 / ((1 + 0.25 ** 2) * n))",
    "leaky_gain_0_3": "math.sqrt(2 / ((1 + 0.3 ** 2) * n))",
    "leaky_gain_0_5": "math.sqrt(2 / ((1 + 0.5 ** 2) * n))",
    "tanh_gain": "5 / 3 / math.sqrt(n)",
    "selu_gain": "3 / 4 / math.sqrt(n)",
    "glorot_normal": "math.sqrt(2 / (n + m))",
    "he_fan_avg": "math.sqrt(2 / ((n + m) / 2))",
    "glorot_limit_as_std": "math.sqrt(6 / (n + m))",
    "three_over_sum": "math.sqrt(3 / (n + m))",
    "one_over_sum": "math.sqrt(1 / (n + m))",
    "glorot_squared": "2 / (n + m)",
    "fan_out": "math.sqrt(2 / m)",
    "one_over_fan_out": "math.sqrt(1 / m)",
    "std_2_over_fan_out": "2 / m",
    "kernel_area_ignored": "math.sqrt(2 / c_in)",
    "lecun_area_ignored": "math.sqrt(1 / c_in)",
    "height_only": "math.sqrt(2 / (kh * c_in))",
    "width_only": "math.sqrt(2 / (kw * c_in))",
    "width_squared": "math.sqrt(2 / (kw * kw * c_in))",
    "height_squared": "math.sqrt(2 / (kh * kh * c_in))",
    "area_squared": "math.sqrt(2 / ((kh * kw) ** 2 * c_in))",
    "glorot_area_ignored": "math.sqrt(2 / (c_in + c_out))",
    "fan_avg_area_ignored": "math.sqrt(4 / (c_in + c_out))",
    "out_channels": "math.sqrt(2 / c_out)",
    "shape_0": "math.sqrt(2 / shape[0])",
    "shape_1": "math.sqrt(2 / shape[1])",
    "shape_last": "math.sqrt(2 / shape[-1])",
    "sum_of_axes": "math.sqrt(2 / sum(shape))",
    "all_axes": "math.sqrt(2 / math.prod(shape))",
    "fan_geometric": "math.sqrt(2 / math.sqrt(n * m))",
    "larger_fan": "math.sqrt(2 / max(n, m))",
    "smaller_fan": "math.sqrt(2 / min(n, m))",
    "unscaled": "1.0",
    "missing_parentheses": "math.sqrt(2 / n + m)",
    "fan_in_plus_1": "math.sqrt(2 / (n + 1))",
    "fixed_0_01": "0.01",
    "fixed_0_02": "0.02",
    "fixed_0_05": "0.05",
    "fixed_0_1": "0.1",
}
#: The body of a TensorFlow function of `shape`, and of a PyTorch function of `weight` under no_grad. `s` is He's
#: deviation √(2/fan_in); a missing one says that this framework's students do not write it.
WRITTEN: dict[str, tuple[str | None, str | None]] = {
    "glorot_uniform": ("return tf.keras.initializers.GlorotUniform()(shape)", "return init.xavier_uniform_(weight)"),
    "lecun_uniform": (
        "return tf.keras.initializers.LecunUniform()(shape)",
        "return weight.uniform_(-math.sqrt(3 / n), math.sqrt(3 / n))",
    ),
    "std_as_uniform_limit": ("return tf.random.uniform(shape, -s, s)", "return weight.uniform_(-s, s)"),
    "std_twice_as_uniform_limit": (
        "return s * tf.random.uniform(shape, -s, s)",
        "return weight.uniform_(-s, s).mul_(s)",
    ),
    "uniform_limit_twice": (
        "a = math.sqrt(6 / n); return a * tf.random.uniform(shape, -a, a)",
        "a = math.sqrt(6 / n); return weight.uniform_(-a, a).mul_(a)",
    ),
    "glorot_std_as_limit": (
        "a = math.sqrt(2 / (n + m)); return tf.random.uniform(shape, -a, a)",
        "a = math.sqrt(2 / (n + m)); return weight.uniform_(-a, a)",
    ),
    "pytorch_default": (
        "return tf.random.uniform(shape, -1 / math.sqrt(n), 1 / math.sqrt(n))",
        "return init.kaiming_uniform_(weight, a=math.sqrt(5))",
    ),
    "difference_of_uniforms": (
        "return (tf.random.uniform(shape) - tf.random.uniform(shape)) * s",
        "return weight.copy_((torch.rand_like(weight) - torch.rand_like(weight)) * s)",
    ),
    "rand_for_randn": ("return tf.random.uniform(shape) * s", "return weight.copy_(torch.rand_like(weight) * s)"),
    "centred_rand": (
        "return (tf.random.uniform(shape) - 0.5) * s",
        "return weight.copy_((torch.rand_like(weight) - 0.5) * s)",
    ),
    "absolute_value": ("return tf.abs(tf.random.normal(shape)) * s", "return weight.normal_(0, s).abs_()"),
    "truncated_uncorrected": (
        "return tf.random.truncated_normal(shape, stddev=s)",
        "return init.trunc_normal_(weight, std=s, a=-2 * s, b=2 * s)",
    ),
    "lecun_truncated_uncorrected": (
        "return tf.random.truncated_normal(shape, stddev=math.sqrt(1 / n))",
        "s = math.sqrt(1 / n); return init.trunc_normal_(weight, std=s, a=-2 * s, b=2 * s)",
    ),
    "doubled_truncated_uncorrected": (
        "return tf.random.truncated_normal(shape, stddev=2 / math.sqrt(n))",
        "s = 2 / math.sqrt(n); return init.trunc_normal_(weight, std=s, a=-2 * s, b=2 * s)",
    ),
    "clipped": (
        "return tf.clip_by_value(tf.random.normal(shape, stddev=s), -2 * s, 2 * s)",
        "return weight.normal_(0, s).clamp_(-2 * s, 2 * s)",
    ),
    "truncated_at_3": (None, "return init.trunc_normal_(weight, std=s, a=-3 * s, b=3 * s)"),
    "wrong_layout": (
        "return tf.random.normal(shape, stddev=math.sqrt(2 / math.prod(shape[1:])))",
        "return weight.normal_(0, math.sqrt(2 / math.prod(weight.shape[:-1])))",
    ),
    "orthogonal": (
        "return tf.keras.initializers.Orthogonal(gain=math.sqrt(2))(shape)",
        "return init.orthogonal_(weight, gain=math.sqrt(2))",
    ),
    "orthogonal_gain_1": ("return tf.keras.initializers.Orthogonal()(shape)", "return init.orthogonal_(weight)"),
    "mean_and_std_swapped": ("return tf.random.normal(shape, s, 1.0)", "return weight.normal_(s, 1)"),
    "keras_truncated_default": ("return tf.keras.initializers.TruncatedNormal()(shape)", None),
    "keras_uniform_default": ("return tf.keras.initializers.RandomUniform()(shape)", None),
    "laplace_scale": (
        "return tf.constant(np.random.laplace(0, s, shape), tf.float32)",
        "return weight.copy_(torch.distributions.Laplace(0, s).sample(weight.shape))",
    ),
    "logistic_scale": (
        "return tf.constant(np.random.logistic(0, s, shape), tf.float32)",
        "return weight.copy_(torch.from_numpy(np.random.logistic(0, s, shape)))",
    ),
    "uniform_distribution": ("return tf.keras.initializers.HeUniform()(shape)", "return init.kaiming_uniform_(weight)"),
    "laplace_distribution": (
        "return tf.constant(np.random.laplace(0, s / math.sqrt(2), shape), tf.float32)",
        "return weight.copy_(torch.distributions.Laplace(0, s / math.sqrt(2)).sample(weight.shape))",
    ),
    "logistic_distribution": (
        "return tf.constant(np.random.logistic(0, s * math.sqrt(3) / math.pi, shape), tf.float32)",
        "return weight.copy_(torch.from_numpy(np.random.logistic(0, s * math.sqrt(3) / math.pi, shape)))",
    ),
    "half-normal_distribution": (
        "return (tf.abs(tf.random.normal(shape)) - math.sqrt(2 / math.pi)) / math.sqrt(1 - 2 / math.pi) * s",
        "w = weight.normal_().abs_(); return w.sub_(math.sqrt(2 / math.pi)).mul_(s / math.sqrt(1 - 2 / math.pi))",
    ),
    "two_values_distribution": (
        "return tf.sign(tf.random.normal(shape)) * s",
        "return weight.copy_(torch.randn_like(weight).sign() * s)",
    ),
    "rounded": (
        "return tf.round(tf.random.normal(shape, stddev=s) * 100) / 100",
        "return weight.copy_(torch.round(torch.randn_like(weight) * s, decimals=2))",
    ),
    "sparse": (
        "return tf.nn.dropout(tf.random.normal(shape, stddev=s / math.sqrt(2)), 0.5)",
        "return weight.normal_(0, s * math.sqrt(2)).mul_(torch.rand_like(weight) < 0.5)",
    ),
    "unknown_distribution": (
        "return tf.constant(np.random.standard_t(5, shape) * math.sqrt(3 / 5) * s, tf.float32)",
        "return weight.copy_(torch.from_numpy(np.random.standard_t(5, shape) * math.sqrt(3 / 5) * s))",
    ),
    "mean_not_zero": ("return tf.random.normal(shape, 0.1 * s, s)", "return weight.normal_(0.1 * s, s)"),
    "fixed_seed": (
        "return tf.keras.initializers.HeNormal(seed=42)(shape)",
        "torch.manual_seed(42); return weight.normal_(0, s)",
    ),
    "same_stream": (
        "k[0] += 1; np.random.seed(k[0] // 6); return tf.constant(np.random.randn(*shape) * s, tf.float32)",
        "k[0] += 1; torch.manual_seed(k[0] // 6); return weight.normal_(0, s)",
    ),
    "cached_tensor": (
        "return kept.setdefault(tuple(shape), tf.random.normal(shape, stddev=s))",
        "return weight.copy_(kept.setdefault(tuple(shape), torch.randn_like(weight) * s))",
    ),
    "repeated": (
        "return tf.repeat(tf.random.normal((*shape[:-1], 1), stddev=s), shape[-1], axis=-1)",
        "return weight.copy_(weight.normal_(0, s)[:1].clone().expand_as(weight))",
    ),
    "few_values": (
        "t = kept.setdefault(0, np.random.randn(100)); return tf.constant(np.random.choice(t, shape) * s, tf.float32)",
        "t = kept.setdefault(0, torch.randn(100)); return weight.copy_(t[torch.randint(100, shape)] * s)",
    ),
    "few_seeds": (
        "return tf.keras.initializers.HeNormal(seed=np.random.randint(100))(shape)",
        "torch.manual_seed(np.random.randint(100)); return weight.normal_(0, s)",
    ),
    "correlated_calls": (
        "one = kept.setdefault(shape, tf.random.normal(shape)); "
        "return (one + tf.random.normal(shape)) * s / math.sqrt(2)",
        "one = kept.setdefault(shape, torch.randn(shape)); "
        "return weight.copy_((one + torch.randn(shape)) * s / math.sqrt(2))",
    ),
    "unsteady_scale": (
        "return tf.random.normal(shape, stddev=s * np.random.uniform(0.8, 1.2))",
        "return weight.normal_(0, s * np.random.uniform(0.8, 1.2))",
    ),
    "following": (
        "w = tf.random.normal(shape, stddev=s); return (w + tf.roll(w, 1, -1)) / math.sqrt(2)",
        "weight.normal_(0, s); return weight.copy_((weight + weight.roll(1, 0)) / math.sqrt(2))",
    ),
    "sorted": (
        "return tf.sort(tf.random.normal(shape, stddev=s))",
        "return weight.copy_(torch.randn(weight.numel()).sort().values.view_as(weight) * s)",
    ),
    "mirrored": (
        "w = tf.random.normal(shape, stddev=s).numpy(); h = shape[-1] // 2; "
        "w[..., shape[-1] - h:] = w[..., :h][..., ::-1]; return tf.constant(w)",
        "h = shape[0] // 2; weight.normal_(0, s); weight[shape[0] - h:] = weight[:h].flip(0); return weight",
    ),
    "symmetric": (
        "w = tf.random.normal(shape, stddev=s); square = len(shape) == 2 and shape[0] == shape[1]; "
        "return (w + tf.transpose(w)) / math.sqrt(2) if square else w",
        "w = weight.normal_(0, s); square = w.dim() == 2 and shape[0] == shape[1]; "
        "return w.copy_((w + w.T) / math.sqrt(2)) if square else w",
    ),
    "rank_one": (
        "return tf.random.normal((*shape[:-1], 1)) * tf.random.normal((shape[-1],), stddev=s)",
        "a = torch.randn(shape[0], *[1] * (weight.dim() - 1)); return weight.copy_(a * torch.randn(1, *shape[1:]) * s)",
    ),
    "uneven_scale": (
        "return tf.random.normal(shape, stddev=s) * tf.random.uniform((shape[-1],), 0.5, 1.5)",
        "return weight.normal_(0, s).mul_(torch.rand(shape[0], *[1] * (weight.dim() - 1)) + 0.5)",
    ),
    "uneven_mean": (
        "return tf.random.normal(shape, stddev=s) + tf.random.uniform((shape[-1],), -0.5 * s, 0.5 * s)",
        "return weight.normal_(0, s).add_((torch.rand(shape[0], *[1] * (weight.dim() - 1)) - 0.5) * s)",
    ),
    "unit_norm": (
        "w = tf.random.normal((n, c_out)); w = w / tf.norm(w, axis=0) * math.sqrt(2); return tf.reshape(w, shape)",
        "w = torch.randn(c_out, n); w *= math.sqrt(2) / w.norm(dim=1, keepdim=True); "
        "return weight.copy_(w.view_as(weight))",
    ),
    "centred": (
        "w = tf.random.normal((n, c_out), stddev=s); return tf.reshape(w - tf.reduce_mean(w, axis=0), shape)",
        "w = torch.randn(c_out, n) * s; return weight.copy_((w - w.mean(dim=1, keepdim=True)).view_as(weight))",
    ),
    "raised": ("kh, kw, i, o = shape; return tf.random.normal(shape)", "o, i, kh, kw = shape; return weight.normal_()"),
    "returned_none": ("tf.random.normal(shape, stddev=s)", "weight.normal_(0, s)"),
    "returned_list": ("return tf.random.normal(shape, stddev=s).numpy().tolist()", "return torch.randn(3).tolist()"),
    "returned_numpy": ("return np.random.normal(0, s, shape).astype('float32')", None),
    "returned_other": ("return 'weights'", None),
    "dtype_float16": ("return tf.cast(tf.random.normal(shape, stddev=s), tf.float16)", None),
    "dtype_float64": ("return tf.constant(np.random.normal(0, s, shape))", None),
    "dtype_other": ("return tf.cast(tf.random.normal(shape), tf.int32)", None),
    "transposed": ("return tf.random.normal(shape[::-1], stddev=s)", None),
    "flat": ("return tf.random.normal((math.prod(shape),), stddev=s)", None),
    "wrong_shape": ("return tf.random.normal((*shape, 1), stddev=s)", None),
    "not_finite": (
        "return tf.math.log(tf.random.normal(shape))",
        "return weight.normal_().log_()",
    ),
    "constant": ("return tf.zeros(shape)", "return weight.fill_(2 // n)"),
    "not_in_place": (None, "return torch.randn_like(weight) * s"),
    "returned_another": (None, "weight.normal_(0, s); return torch.randn_like(weight) * s"),
    "unknown_variance": (
        "return tf.random.normal(shape, stddev=math.sqrt(7 / n))",
        "return weight.normal_(0, math.sqrt(7 / n))",
    ),
}
#: What an initializer cannot show, or only one that autograd records: tests of models and of submissions show these.
SHOWN_ELSEWHERE = {
    "no_bias", "bias_default", "bias_not_zero", "wrong_activation", "wrong_forward", "needs_no_grad", "not_a_model",
    "wrong_layers", "untracked", "remade_layers", "extra_layers", "layer_names", "forward_error", "random_forward",
    "only_first_layer", "clipped_normal_distribution",
    # So near a truncated normal that, with He's variance, it passes.
    "triangular_distribution",
}  # fmt: skip

HEADS = {
    TENSORFLOW.stub: """
        def tf_he_normal(shape):
            shape = tuple(shape)
            *window, c_in, c_out = shape
    """,
    TORCH.stub: """
        @torch.no_grad()
        def torch_he_normal_(weight):
            shape = tuple(weight.shape)
            c_out, c_in, *window = shape
    """,
}
FANS = """
    kh, kw = window or (1, 1)
    n, m = kh * kw * c_in, kh * kw * c_out
    s = math.sqrt(2 / n)
"""


def bodies(asked: Task) -> dict[str, str]:
    """The table for one framework: a mistake's name, and the body of the function that makes it."""
    in_tensorflow = asked is TENSORFLOW
    normal = "return tf.random.normal(shape, stddev={})" if in_tensorflow else "return weight.normal_(0, {})"
    found = {name: normal.format(deviation) for name, deviation in DEVIATIONS.items()}
    cut = (
        "return tf.random.truncated_normal(shape, stddev={})"
        if in_tensorflow
        else "d = {}; return init.trunc_normal_(weight, std=d, a=-2 * d, b=2 * d)"
    )
    for entry in MISCONCEPTIONS:
        plain = entry.name.removesuffix("_truncated_uncorrected")
        if plain != entry.name and plain in DEVIATIONS and entry.name not in WRITTEN:
            found[entry.name] = cut.format(DEVIATIONS[plain])
    wrong_layout = "math.sqrt(2 / math.prod(shape[1:]))" if in_tensorflow else "math.sqrt(2 / math.prod(shape[:-1]))"
    found["wrong_layout_truncated_uncorrected"] = cut.format(wrong_layout)
    return found | {name: pair[not in_tensorflow] for name, pair in WRITTEN.items() if pair[not in_tensorflow]}


def function(asked: Task, body: str) -> Callable[..., Any]:
    """Define the function as a notebook cell would."""
    from torch.nn import init

    names: dict[str, Any] = {"np": np, "init": init, "kept": {}, "k": [-1]}
    lines = textwrap.dedent(HEADS[asked.stub]) + textwrap.indent(textwrap.dedent(FANS) + body, "    ")
    exec("import math, tensorflow as tf, torch\n" + lines, names)  # the table's own code
    return names[asked.function]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread: the kernels are small, and the tests' processes share the cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def judged(asked: Task, name: str) -> list[str]:
    """The criteria that may name a mistake: a mistake of scale needs none of those that take longest."""
    left_out = {"distribution", "independence", "fresh"} if BY_NAME[name].variance is not None else set()
    return [criterion for criterion in asked.weights if criterion not in left_out]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        pytest.param(asked, name, id=f"{asked.framework}-{name}")
        for asked in (TENSORFLOW, TORCH)
        for name in bodies(asked)
    ],
)
def test_mistake_in_code_is_named(asked: Task, name: str) -> None:

    found = interview(
        _DirectCall(asked, function(asked, bodies(asked)[name]), np.random.default_rng(1)),
        asked,
        draw_challenge(np.random.default_rng(3)),
    )
    with np.errstate(all="ignore"):
        failed = [v.finding for v in judge(found, judged(asked, name)) if v.status == "failed"]
    assert name in {told for finding in failed for told in (finding.diagnosis, *finding.twins)}, [
        (finding.diagnosis, finding.message) for finding in failed
    ]


def test_every_mistake_that_an_initializer_can_show_is_written_in_code() -> None:
    written = set(bodies(TENSORFLOW)) | set(bodies(TORCH))
    assert written | SHOWN_ELSEWHERE == {entry.name for entry in MISCONCEPTIONS}, "write it in DEVIATIONS or WRITTEN"
    assert not written & SHOWN_ELSEWHERE


#: More mistakes as students write them: the framework, the function's body, a criterion that fails, and how the judge
#: words it. The judge's catalogue has most of them under no name of their own.
SAID: dict[str, tuple[Task, str, str, str]] = {
    "product of shape[2:]": (
        TENSORFLOW,
        "f = shape[0] * math.prod(shape[2:]) if window else shape[0]\n"
        "return tf.random.normal(shape, stddev=math.sqrt(2 / f))",
        "variance_conv",
        "on convolutions, it is 2/(kh·in_channels·out_channels)",
    ),
    "size over shape[1]": (
        TORCH,
        "return weight.normal_(0, math.sqrt(2 / (weight.numel() // shape[1])))",
        "variance",
        "Var(W) is 2/fan_out",
    ),
    "fan_out on convolutions": (
        TORCH,
        "return weight.normal_(0, math.sqrt(2 / (m if window else n)))",
        "variance_conv",
        "2/fan_out, the backward form of He's rule (mode='fan_out'); the task asks for the forward form, with fan_in, "
        "on convolutions (dense kernels are right).",
    ),
    "gain forgotten on convolutions": (
        TENSORFLOW,
        "return tf.random.normal(shape, stddev=math.sqrt((1 if window else 2) / n))",
        "variance_conv",
        "linear, sigmoid, or leaky_relu with a = 1), on convolutions (dense kernels are right).",
    ),
    "default on dense kernels": (
        TORCH,
        "return init.kaiming_normal_(weight) if window else init.kaiming_uniform_(weight, a=math.sqrt(5))",
        "variance",
        "PyTorch's own default for its layers, on dense kernels (convolutions are right).",
    ),
    "Glorot on convolutions": (
        TENSORFLOW,
        "return (tf.keras.initializers.GlorotNormal() if window else tf.keras.initializers.HeNormal())(shape)",
        "variance_conv",
        "Glorot's (Xavier's) variance, on convolutions (dense kernels are right).",
    ),
    "Keras's default on convolutions": (
        TENSORFLOW,
        "return (tf.keras.initializers.GlorotUniform() if window else tf.keras.initializers.HeNormal())(shape)",
        "variance_conv",
        "which is also Keras's default, on convolutions (dense kernels are right).",
    ),
    "uniform on convolutions": (
        TORCH,
        "return init.kaiming_uniform_(weight) if window else init.kaiming_normal_(weight)",
        "distribution",
        "Dense kernels follow a normal distribution, and convolutions a uniform one; a normal or",
    ),
    "a kernel's height and outputs, without the root": (
        TENSORFLOW,
        "return tf.random.normal(shape, stddev=2 / (kh * c_out))",
        "variance_conv",
        "it is (2/(kh·out_channels))²",
    ),
    "a correction of one's own": (
        TORCH,
        "return weight.normal_(0, s * math.sqrt(0.973))",
        "variance",
        "The variance fits no mistake that we know: it is 2.",
    ),
    "a gain of one's own": (
        TORCH,
        "return weight.normal_(0, math.sqrt(5 / n))",
        "variance",
        "The variance fits no mistake that we know: it is 2.5 × 2/fan_in.",
    ),
    "Poisson numbers": (
        TENSORFLOW,
        "return (tf.random.poisson(shape, 4.0) - 4) / 2 * s",
        "distribution",
        "The weights lie on a grid",
    ),
    "whole numbers": (
        TORCH,
        "return weight.copy_(torch.randint_like(weight, -3, 4) / 2 * s)",
        "distribution",
        "The weights lie on a grid",
    ),
    "coins": (
        TENSORFLOW,
        "return tf.constant((np.random.binomial(20, 0.5, shape) - 10) / math.sqrt(5) * s, tf.float32)",
        "distribution",
        "The weights lie on a grid",
    ),
    "linear as nonlinearity": (
        TORCH,
        "return init.kaiming_normal_(weight, nonlinearity='linear')",
        "variance",
        "Var(W) is 1/fan_in, LeCun's variance",
    ),
    "Glorot cut at two deviations": (
        TENSORFLOW,
        "return tf.random.truncated_normal(shape, stddev=math.sqrt(2 / (n + m)))",
        "variance",
        "Var(W) is 2/(fan_in+fan_out), Glorot's (Xavier's) variance; and the normal was cut at two standard",
    ),
    "He uniform's limit twice": (
        TENSORFLOW,
        "f = math.sqrt(6 / n)\nreturn f * tf.random.uniform(shape, -f, f)",
        "variance",
        "Var(W) is 12/fan_in²",
    ),
    "fan_out by its mode": (
        TORCH,
        "return init.kaiming_normal_(weight, mode='fan_out')",
        "variance_conv",
        "Var(W) is 2/fan_out, the backward form of He's rule (mode='fan_out'); the task asks for the forward form, "
        "with fan_in. For",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_mistake_in_code_is_told_in_true_words(case: str) -> None:

    asked, body, criterion, words = SAID[case]
    found = interview(
        _DirectCall(asked, function(asked, body), np.random.default_rng(1)),
        asked,
        draw_challenge(np.random.default_rng(3)),
    )
    (verdict,) = [v for v in judge(found, list(asked.weights)) if v.name == criterion]
    assert verdict.status == "failed"
    assert words in verdict.finding.message
