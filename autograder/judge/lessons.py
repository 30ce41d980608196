"""Lessons: why a mistake matters, the right formula, and what to read.

Several mistakes can share one lesson. A formula is mathematics, never code. Where a lesson speaks of the law that the
task asks for, it has a placeholder, as in str.format: `{law.formula}`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from autograder.judge.law import TargetLaw


@dataclass(frozen=True)
class Lesson:
    """Explanation that a student reads after the name of a mistake.

    Attributes
    ----------
    look_up : str
        What to read; completes "Look up: ….".
    why : str
        Why the mistake matters, in one or two sentences.
    formula : str or None
        The right formula, if a formula states it.
    """

    look_up: str
    why: str
    formula: str | None = None

    def of(self, law: TargetLaw) -> Lesson:
        """Return the lesson for a task that asks for ``law``.

        Examples
        --------
        >>> from autograder.judge.law import HE
        >>> LAW.of(HE).formula
        'std(w) = √(2/fan_in)'
        """
        formula = self.formula.format(law=law) if self.formula else None
        return Lesson(self.look_up.format(law=law), self.why.format(law=law), formula)


_STD = "std(w) = √({law.formula})"
_NORMAL = f"w ~ N(0, {{law.formula}}), that is {_STD}"

LAW = Lesson("{law.source}: Var(w) = {law.formula}", "{law.why}", _STD)
HE_SHAPE = Lesson(
    "{law.source}, and scipy.stats.kstest",
    "What is asked for is {law.title} normal: many small weights, few large ones. Another law can have the same "
    "variance and still be another initializer.",
    _NORMAL,
)
UNIFORM_SHAPE = Lesson(
    "the two forms of {law.title}'s initializer, normal and uniform, in tf.keras.initializers and torch.nn.init",
    "Both forms can have the same variance, and both treat a signal alike. What is asked for is the normal form; an "
    "initializer's name says which form it draws.",
    _NORMAL,
)
HE_MEAN = Lesson(
    "{law.source}: E(w) = 0",
    "The derivation takes E(w) = 0. Otherwise each sum over fan_in inputs has an offset that grows with fan_in, and "
    "pushes all units of a layer the same way.",
    f"E(w) = 0, {_STD}",
)
HE_BACKWARD = Lesson(
    "He et al. (2015), equation 14, and the argument mode of torch.nn.init.kaiming_normal_",
    "One output unit sums over fan_in inputs, so fan_in decides how large the sum becomes. fan_out plays that part for "
    "gradients on their way back; {law.formula} is asked for.",
    _STD,
)
GLOROT = Lesson(
    "Glorot and Bengio (2010), equations 12 and 16",
    "Glorot's rule is made for activations that are nearly linear about 0, such as tanh. ReLU halves the signal's mean "
    "square in every layer, and Glorot's variance does not make up for that.",
    f"{{law.title}}: {_STD}",
)
ROOT = Lesson(
    "standard deviation = √variance; {law.source}",
    "The variance is the square of the standard deviation, and samplers ask for the standard deviation (std, stddev, "
    "scale).",
    _STD,
)
UNIFORM = Lesson(
    "the variance of a uniform distribution on ±a, which is a²/3",
    "The limit of a uniform distribution, its standard deviation and its variance are three different numbers.",
    f"uniform on ±a has std a/√3; what is asked for is a normal with {_STD}",
)
GAINS = Lesson(
    "torch.nn.init.calculate_gain: each activation has a gain of its own",
    "A gain makes up for what one activation does to the signal's mean square; another activation's gain leaves a "
    "factor in every layer.",
    "std(w) = gain/√fan_in, with gain √2 for ReLU",
)
FANS = Lesson(
    "fan_in of a convolution: kh · kw · in_channels (torch.nn.init._calculate_fan_in_and_fan_out)",
    "One output of a convolution sums over a window of kh·kw places in every input channel, and fan_in counts all of "
    "these terms.",
    f"fan_in = kh · kw · in_channels, and {_STD}",
)
LAYOUTS = Lesson(
    "kernel layouts: Keras (kh, kw, in, out), PyTorch (out, in, kh, kw)",
    "The frameworks store a kernel's axes in different orders, so that the same index means another thing in each.",
    "dense: (in, out) in Keras, (out, in) in PyTorch; fan_in = in, times kh · kw for a convolution",
)
TRUNCATED = Lesson(
    "tf.keras.initializers.VarianceScaling: the truncated normal is divided by 0.8796",
    "Cutting or clipping the tails takes variance away: a normal cut at two deviations keeps 0.774 of it, and so every "
    "layer shrinks the signal.",
    "deviation before cutting at two deviations: √({law.formula})/0.8796",
)
CORRECTION = Lesson(
    TRUNCATED.look_up,
    "Dividing by 0.8796 makes up for tails cut off at two deviations. Where nothing is cut, or the initializer "
    "corrects for it already, it makes the weights too large.",
    _STD,
)
KERAS_DEFAULTS = Lesson(
    "the default arguments of tf.keras.initializers.RandomNormal, TruncatedNormal and RandomUniform",
    "A fixed deviation knows nothing of the layer: it is too small for some shapes and too large for others.",
    f"{_STD}, from the shape",
)
FIXED = replace(KERAS_DEFAULTS, look_up=LAW.look_up)
ORTHOGONAL = Lesson(
    "orthogonal initialization: Saxe et al. (2014)",
    "An orthogonal matrix keeps lengths, which is a good property, and another initialization than {law.title}'s: its "
    "entries are not independent.",
    f"independent w, {_STD}",
)
SEEDS = Lesson(
    "seeds: tf.keras.utils.set_random_seed, torch.manual_seed; set one outside, once, or not at all",
    "Equal seeds give equal numbers: layers start as copies of one another, and every run repeats the same draw, "
    "lucky or not.",
)
BREAKING = Lesson(
    "symmetry breaking: units that start alike get the same gradient and stay alike",
    "Units with equal weights compute the same thing and get the same gradient, so that training never tells them "
    "apart: the layer works like a single unit.",
    f"independent w, {_STD}",
)
IID = Lesson(
    "independent and identically distributed weights, the assumption behind Var(w) = {law.formula}",
    "The derivation adds up the variances of fan_in independent terms. Where weights depend on one another the sum "
    "varies more, or less, and units share what they compute.",
    f"w independent and identically distributed, {_STD}",
)
DTYPES = Lesson(
    "dtypes: float32 is what layers expect (tf.cast, Tensor.to, numpy's astype)",
    "Layers compute in float32: another dtype is refused by some operations, and costs accuracy or memory in others.",
)
TENSORS = Lesson(
    "tf.convert_to_tensor, torch.tensor, torch.from_numpy",
    "Layers take tensors of their own framework: these know their device and take part in automatic differentiation.",
)
IN_PLACE = Lesson(
    "Tensor.normal_, Tensor.copy_",
    "The layer keeps the tensor that it passed in. Assigning to the argument's name makes that name point elsewhere, "
    "and leaves the layer as it was.",
)
BIASES = Lesson(
    "torch.nn.init.zeros_, bias_initializer",
    "Random weights already make units differ, so biases need not; a bias that is not 0 adds to the signal what the "
    "derivation of {law.formula} leaves out.",
    "b = 0",
)
LAYER_DEFAULTS = Lesson(
    "torch.nn.Linear.reset_parameters",
    "PyTorch's layers come with a default of their own, a sixth of He's variance, which nothing has replaced here.",
    _STD,
)
CLIPPED = Lesson(
    "tf.random.truncated_normal and torch.nn.init.trunc_normal_",
    "Clipping moves the tails to the limit, where they pile up; a truncated normal draws again instead. Either takes "
    "variance away.",
    TRUNCATED.formula,
)
ARGUMENTS = Lesson(
    "the order of arguments: torch.normal(mean, std), numpy's normal(loc, scale)",
    "Samplers take the mean first. Weights about a mean of √(2/fan_in) push every unit the same way, and a deviation "
    "of 1 makes signals explode.",
    f"E(w) = 0, {_STD}",
)
PRECEDENCE = Lesson(
    "operator precedence; Glorot and Bengio (2010), equation 12",
    "Division binds tighter than addition, so that the second fan is added to the variance, and signals explode.",
    f"{{law.title}}: {_STD}",
)
LAPLACE = Lesson(
    "numpy's Generator.laplace: variance 2·scale²",
    "Each family of distributions has a parameter of its own; only the normal's scale is its standard deviation.",
    _NORMAL,
)
LOGISTIC = replace(LAPLACE, look_up="numpy's Generator.logistic: variance scale²·π²/3")
RETURN = Lesson(
    "the return statement",
    "A function without a return gives None, whatever it has computed.",
)
RAISED = Lesson(
    "how to read a traceback; kernel layouts: Keras (kh, kw, in, out), PyTorch (out, in, kh, kw)",
    "An initializer meets kernels with two axes and with four, and is judged on both.",
)
SHAPES = Lesson(
    "reshape, and the layouts of kernels: Keras (kh, kw, in, out), PyTorch (out, in, kh, kw)",
    "A layer puts the tensor where its kernel is, and that takes exactly the shape asked for.",
)
NOT_FINITE = Lesson(
    "division by zero; the root of a negative number",
    "One NaN in a kernel makes every output NaN, and then every gradient.",
)
NO_GRAD = Lesson(
    "torch.no_grad",
    "A layer's weights require gradients, and autograd records, or refuses, what is done to them in place. Setting "
    "them up is no part of training.",
)
SPARSE = Lesson(
    "sparse initialization: torch.nn.init.sparse_",
    "Weights that are exactly 0 make it a mixture and no normal, and take their share of the variance away.",
    _NORMAL,
)
MODELS = Lesson(
    "tf.keras.Sequential, torch.nn.Module",
    "Training, saving and grading find weights through the framework's own kind of model.",
)
LAYERS = Lesson(
    "tf.keras.layers.Dense, torch.nn.Linear",
    "The sizes are part of the question: each layer's fan_in follows from them.",
    "64 → 128 → 64 → 10",
)
ARCHITECTURE = Lesson(
    "the description of the network in Q7",
    "Other layers with weights change the signal between those that are judged.",
    "64 → 128 → 64 → 10",
)
NAMES = Lesson(
    "attributes of a torch.nn.Module",
    "A module's parameters are known by the attributes that hold their layers; whoever loads or checks them goes by "
    "these names.",
)
FORWARD = Lesson(
    "the forward method",
    "The outputs are compared with what the model's own weights give, so that unused weights do not count.",
    "h₁ = relu(x W₁ + b₁), h₂ = relu(h₁ W₂ + b₂), outputs from h₂ W₃ + b₃",
)
ACTIVATIONS = Lesson(
    "tf.keras.activations, torch.relu",
    "2/fan_in is made for ReLU. Another activation changes the signal by another factor, and a loss function expects "
    "either probabilities or logits.",
    "h = relu(x W + b) in both hidden layers; softmax at the end in TensorFlow, logits in PyTorch",
)
EVERY_LAYER = Lesson(
    "loop over the layers, or use Module.apply",
    "A layer that is left out keeps its framework's default, and one such layer is enough to shrink the signal.",
    f"{_STD}, in each hidden layer with its own fan_in",
)
NO_BIAS = Lesson(
    "use_bias, bias", "A bias that starts at 0 can still be learned; one that is not there cannot.", "b = 0"
)
