"""Reads the layers from a model's builds, measures them, and computes the forward pass that their weights give."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, islice, pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax, ndtr, softmax

from autograder.assignment.kernels import KernelShape, Layout
from autograder.judge.evidence import ModelBuild, ModelEvidence
from autograder.judge.families import Histogram
from autograder.judge.measure import RARE, DrawFigures, Moments, draw_figures, family_of, not_finite, pool
from autograder.judge.naming import Diagnosis, diagnose
from autograder.judge.structure import clipped
from autograder.judge.thresholds import chance_of_variance

#: Largest difference of outputs, relative to their largest magnitude; float32 rounding gives about 1e-6.
FORWARD = 1e-3
#: The same for models that compute in 16 bits. In 240 passes of right models, rounding gave at most 0.0015 in float16
#: and 0.012 in bfloat16. The nearest other activations differ by 0.0067 (leaky ReLU, which bfloat16 does not show) and
#: by 0.088 (GELU).
FORWARD_IN_16_BITS = {"float16": 4e-3, "bfloat16": 3e-2}
#: Ways over a model's kernels that are looked at.
_MOST_WAYS = 1_000
#: Hidden layers up to which each may have another activation when the outputs are explained.
_MOST_HIDDEN = 3
#: Kurtosis up to which tails are light: a normal has 3.
_LIGHT = 3.5
#: Fewest builds that are judged where others were left out.
_FEWEST = 2
Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class DenseLayer:
    """One dense layer of one build: kernel (in, out), and bias (out,) or None."""

    kernel: Array
    bias: Array | None


def owner(name: str) -> str:
    """Return the part of a parameter's name that it shares with its layer's other parameters."""
    return name[: max(name.rfind("."), name.rfind("/"), 0)]


def _shapes(layers: Sequence[DenseLayer]) -> tuple[KernelShape, ...]:
    return tuple(KernelShape(*layer.kernel.shape) for layer in layers)


def _with_biases(kernels: Sequence[tuple[str, Array]], vectors: Sequence[tuple[str, Array]]) -> list[DenseLayer]:
    """Give each kernel the first vector of its size under its owner's name, which no kernel before it has.

    Biases that are all kept apart from their kernels, one for each, are in the kernels' order.
    """
    owners = {owner(name) for name, _ in kernels}
    apart = [each for each in vectors if owner(each[0]) not in owners]
    are_apart = len(apart) == len(vectors) == len(kernels)
    left, layers = list(vectors), []
    for name, kernel in kernels:
        fitting = (v for v in left if v[1].size == kernel.shape[1] and (are_apart or owner(v[0]) == owner(name)))
        found = next(fitting, None)
        left = [each for each in left if each is not found]
        layers.append(DenseLayer(kernel, found[1] if found is not None else None))
    return layers


def _orders(found: Sequence[KernelShape], asked: Sequence[KernelShape]) -> list[tuple[int, ...]]:
    """Return orders in which at least two kernels lead from the asked inputs to the asked outputs, likeliest first.

    These are a way over all kernels, the kernels asked for, and the longest way. Of equal ways, it is the one nearest
    to the kernels' own order.
    """
    ways = islice(_ways(found, asked[0].inputs, ()), _MOST_WAYS)
    whole = [way for way in ways if len(way) > 1 and found[way[-1]].outputs == asked[-1].outputs]
    over_all = (way for way in whole if len(way) == len(found))
    as_asked = (way for way in whole if [found[number] for number in way] == list(asked))
    likely = (next(over_all, None), next(as_asked, None), max(whole, key=len, default=None))
    return [way for way in dict.fromkeys(likely) if way is not None]


def _ways(found: Sequence[KernelShape], units: int, way: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield ``way``, which leads to so many ``units``, and everything that it can be continued to."""
    yield way
    for number, kernel in enumerate(found):
        if kernel.inputs == units and number not in way:
            yield from _ways(found, kernel.outputs, (*way, number))


def _spoilt(build: ModelBuild) -> bool:
    """Whether a few numbers of ``build`` are NaN or infinite."""
    arrays = [p.values for p in build.parameters or () if p.values is not None]
    return 0 < sum(map(not_finite, arrays)) <= RARE * sum(array.size for array in arrays)


class ModelMeasurements:
    """All figures of a model's builds, each computed once.

    Parameters
    ----------
    evidence : ModelEvidence
        Several builds of one model.

    Attributes
    ----------
    evidence : ModelEvidence
        The builds that are judged.
    spoilt : int
        How many builds were left out, because a few of their numbers are NaN or infinite.
    """

    def __init__(self, evidence: ModelEvidence) -> None:
        usable = [i for i, build in enumerate(evidence.builds) if not _spoilt(build)]
        self.evidence, self.spoilt = evidence, 0
        if _FEWEST <= len(usable) < len(evidence.builds):
            self.spoilt = len(evidence.builds) - len(usable)
            builds = tuple(evidence.builds[i] for i in usable)
            self.evidence = replace(evidence, builds=builds, inputs=tuple(evidence.inputs[i] for i in usable))

    @property
    def asked(self) -> tuple[KernelShape, ...]:
        """The dense kernels that the assignment asks for."""
        return tuple(KernelShape(a, b) for a, b in pairwise(self.evidence.widths))

    @cached_property
    def shapes(self) -> tuple[KernelShape, ...]:
        """The dense kernels of the builds, inputs first; those `asked` for if the first build has none.

        Where some kernel may be unused, the outputs tell which ones are in use.
        """
        chains = next(iter(self._chains), [])
        if len(chains) > 1:
            chains = [chain for chain in chains if self._explains(chain)] or chains
        return _shapes(chains[0]) if chains else self.asked

    @cached_property
    def layers(self) -> Sequence[Sequence[DenseLayer] | None]:
        """The dense layers of every build, or None where its matrices do not lead from the inputs to the outputs.

        All builds have the same `shapes`. These tell the order: a framework lists parameters as they were made, not as
        they are used.
        """
        return [next((chain for chain in chains if _shapes(chain) == self.shapes), None) for chains in self._chains]

    @cached_property
    def _chains(self) -> Sequence[Sequence[Sequence[DenseLayer]]]:
        return [self._chains_of(build) for build in self.evidence.builds]

    def _chains_of(self, build: ModelBuild) -> Sequence[Sequence[DenseLayer]]:
        """Return the layers that ``build`` may consist of, likeliest first; none if no matrices lead to the outputs.

        Matrices are read in the framework's layout, and in the other one where that leads to nothing: a model may
        multiply them itself.
        """
        # Without axes of length 1: a bias may be a row, and a convolution with a window of 1 is a dense layer.
        parameters = [(p.name, p.values.squeeze()) for p in build.parameters or () if p.values is not None]
        matrices = [(name, values) for name, values in parameters if values.ndim == 2]
        vectors = [(name, values) for name, values in parameters if values.ndim == 1]
        layout = self.evidence.layout
        for as_stored in (layout is Layout.KERAS, layout is Layout.TORCH):
            kernels = [(name, values if as_stored else values.T) for name, values in matrices]
            orders = _orders([KernelShape(*kernel.shape) for _, kernel in kernels], self.asked)
            if orders:
                return [_with_biases([kernels[number] for number in order], vectors) for order in orders]
        return []

    def _explains(self, layers: Sequence[DenseLayer]) -> bool:
        """Whether the first build's outputs are those of ``layers`` with ReLUs, whatever the last activation."""
        build, inputs = self.evidence.builds[0], self.evidence.inputs[0]
        with np.errstate(all="ignore"):  # Nothing is known of these weights yet.
            signal = hidden_pass(layers, inputs, ["ReLU"] * (len(layers) - 1))
            return any(self._agrees(build, inputs, ending(signal)) for ending in LAST_ACTIVATIONS.values())

    @cached_property
    def builds(self) -> Sequence[Sequence[DenseLayer]]:
        """The layers of every build that has them: of all builds, for criteria that come after `layers`."""
        return [layers for layers in self.layers if layers is not None]

    @cached_property
    def draws(self) -> tuple[tuple[DrawFigures, ...], ...]:
        """For every layer, its kernel in each build. Canonical, (in, out), in both frameworks."""
        return tuple(
            tuple(draw_figures(shape, Layout.KERAS, layers[i].kernel, self.evidence.law) for layers in self.builds)
            for i, shape in enumerate(self.shapes)
        )

    @cached_property
    def moments(self) -> tuple[Moments, ...]:
        """Moments of every layer's kernel, all builds pooled."""
        return tuple(pool(draws) for draws in self.draws)

    @cached_property
    def variances(self) -> tuple[Moments, ...]:
        """The same, with the variance that is judged: of clipped weights where tails may be heavy."""
        hidden = range(len(self.moments) - 1)
        # Clipping at four deviations leaves light tails as they are, so that their family does not matter.
        heavy = any(not self.moments[i].kurtosis <= _LIGHT for i in hidden) and self.family(hidden) is None
        return tuple(pool([clipped(draw) for draw in draws]) for draws in self.draws) if heavy else self.moments

    @cached_property
    def copies(self) -> int:
        """How many builds each independent one stands for: all of them, if two builds have the same hidden layer."""
        same = any(
            np.array_equal(one[i].kernel, other[i].kernel)
            for one, other in combinations(self.builds, 2)
            for i in range(len(self.shapes) - 1)
        )
        return len(self.builds) if same else 1

    @cached_property
    def own(self) -> tuple[tuple[DrawFigures, ...], ...]:
        """For every layer, draws by the student's own initializer; empty if it gives none of these kernels."""
        own = self.evidence.own or ()
        if [array.shape for arrays in own for array in arrays[:1]] != [(k.inputs, k.outputs) for k in self.shapes]:
            return ()
        return tuple(
            tuple(draw_figures(shape, Layout.KERAS, array, self.evidence.law) for array in arrays)
            for shape, arrays in zip(self.shapes, own, strict=True)
        )

    def is_own(self, numbers: Sequence[int]) -> bool:
        """Whether these layers have the variances and means that the student's own initializer gives."""
        for number in numbers if self.own else ():
            own, found = pool(self.own[number]), self.moments[number]
            chance = chance_of_variance(own.n) + chance_of_variance(found.n // self.copies)
            if not abs(own.variance - found.variance) <= chance * found.variance:
                return False
            if not abs(own.standardized_mean - found.standardized_mean) <= chance:
                return False
        return bool(self.own)

    def family(self, numbers: Sequence[int]) -> str | None:
        """Family of these layers' weights, each layer in its own units; None when not recognized."""
        histogram = Histogram()
        for i in numbers:
            m = self.moments[i]
            for draw in self.draws[i]:
                histogram.add(draw.centred, 1.0 / m.deviation, (draw.mean - m.mean) / m.deviation)
        return family_of([self.draws[i][0] for i in numbers], histogram)

    def diagnose(self, numbers: Sequence[int]) -> Diagnosis | None:
        """Return the mistake that these layers' variances fit, or None."""
        ratios = [self.moments[i].ratio for i in numbers]
        return diagnose(ratios, self.evidence.layout, self.family(numbers))

    def fits(self, hidden: Sequence[str], last: str) -> bool:
        """Whether the outputs of all builds are those of their weights, with these activations."""
        cases = zip(self.evidence.builds, self.evidence.inputs, self.builds, strict=True)
        return all(
            self._agrees(build, inputs, LAST_ACTIVATIONS[last](hidden_pass(layers, inputs, hidden)))
            for build, inputs, layers in cases
        )

    def _agrees(self, build: ModelBuild, inputs: Array, expected: Array) -> bool:
        if build.outputs is None or build.outputs.shape != (inputs.shape[0], self.evidence.widths[-1]):
            return False
        # Rounding of logits grows with the inputs, and a softmax shows it beside probabilities that do not grow.
        size = max(1.0, round(float(np.std(inputs))))
        allowed = FORWARD_IN_16_BITS.get(build.computes_in or "", FORWARD)
        return relative_difference(build.outputs, expected) <= allowed * size

    @cached_property
    def activations(self) -> tuple[tuple[str, ...], str] | None:
        """The known activations, hidden and last, that explain the outputs; None if none do."""
        build, inputs, layers = self.evidence.builds[0], self.evidence.inputs[0], self.builds[0]
        count = len(self.shapes) - 1
        alike = ((name,) * count for name in HIDDEN_ACTIVATIONS)
        for hidden in product(HIDDEN_ACTIVATIONS, repeat=count) if count <= _MOST_HIDDEN else alike:
            signal = hidden_pass(layers, inputs, hidden)
            for last, ending in LAST_ACTIVATIONS.items():
                if self._agrees(build, inputs, ending(signal)) and self.fits(hidden, last):
                    return hidden, last
        return None


HIDDEN_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "ReLU": lambda z: np.maximum(z, 0.0),
    "no activation": lambda z: z,
    "sigmoid": expit,
    "tanh": np.tanh,
    "leaky ReLU": lambda z: np.where(z > 0.0, z, 0.01 * z),
    "leaky ReLU (slope 0.2)": lambda z: np.where(z > 0.0, z, 0.2 * z),
    "leaky ReLU (slope 0.3)": lambda z: np.where(z > 0.0, z, 0.3 * z),
    "ELU": lambda z: np.where(z > 0.0, z, np.expm1(np.minimum(z, 0.0))),
    "GELU": lambda z: z * ndtr(z),
    "GELU (tanh)": lambda z: 0.5 * z * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (z + 0.044715 * z**3))),
    "softplus": lambda z: np.logaddexp(z, 0.0),
    "SiLU": lambda z: z * expit(z),
}
LAST_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "logits": lambda z: z,
    "softmax": lambda z: softmax(z, axis=-1),
    "softmax over the batch": lambda z: softmax(z, axis=0),
    "log-softmax": lambda z: log_softmax(z, axis=-1),
    "sigmoid": expit,
    "ReLU": lambda z: np.maximum(z, 0.0),
}


def hidden_pass(layers: Sequence[DenseLayer], inputs: Array, hidden: Sequence[str]) -> Array:
    """Return the last layer's output without activation for ``inputs`` (batch, features), computed in float64.

    ``hidden`` names the activation after each layer but the last.
    """
    signal: Array = inputs.astype(np.float64)
    for i, layer in enumerate(layers):
        signal = signal @ layer.kernel.astype(np.float64)
        if layer.bias is not None:
            signal = signal + layer.bias
        signal = HIDDEN_ACTIVATIONS[hidden[i]](signal) if i < len(layers) - 1 else signal
    return signal


def relative_difference(found: Array, expected: Array) -> float:
    """Return max |found − expected| / max |expected|; infinite when anything is not finite."""
    scale = float(np.max(np.abs(expected))) or 1.0
    difference = float(np.max(np.abs(found.astype(np.float64) - expected))) / scale
    return difference if math.isfinite(difference) else math.inf
