"""Lessons: why a mistake matters, what to change, the right formula, and what to read.

Several mistakes can share one lesson. A formula is mathematics, never code. Only `formula` states what the task asks
students to work out: a standard deviation, the fan_in of a convolution, the correction of a truncated normal. Where a
lesson speaks of the law that the task asks for, it has a placeholder, as in str.format: `{law.formula}`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from autograder.assignment.kernels import Layout
from autograder.judge.law import TargetLaw


@dataclass(frozen=True)
class Words:
    """Words for both frameworks, and after them words for one alone. Empty words are left out."""

    common: str = ""
    keras: str = ""
    torch: str = ""

    def of(self, layout: Layout | None, between: str) -> str:
        """Return the words for the framework of ``layout``, or for both if it is None, with ``between`` in between.

        Examples
        --------
        >>> Words("random seeds", torch="torch.manual_seed").of(Layout.TORCH, "; ")
        'random seeds; torch.manual_seed'
        """
        own = {Layout.KERAS: self.keras, Layout.TORCH: self.torch}
        told = [self.common, *(words for each, words in own.items() if layout in (each, None))]
        return between.join(filter(None, told))


@dataclass(frozen=True)
class Explanation:
    """A lesson in the words of one task; see `Lesson`."""

    look_up: str
    why: str
    change: str
    formula: str | None = None


@dataclass(frozen=True)
class Lesson:
    """What a student can learn from a mistake, for every task.

    Attributes
    ----------
    look_up : str or Words
        What to read; completes "Look up: ….". Several things are separated by "; ".
    why : str or Words
        Why the mistake matters, in one to three sentences.
    change : str or Words
        What to change, in one to three sentences.
    formula : str, Words or None
        The right formula, if a formula states it.
    """

    look_up: str | Words
    why: str | Words
    change: str | Words
    formula: str | Words | None = None

    def of(self, law: TargetLaw, layout: Layout | None = None) -> Explanation:
        """Return the words for a task that asks for ``law`` in the framework of ``layout``; for both if it is None.

        Examples
        --------
        >>> from autograder.judge.law import HE
        >>> LAW.of(HE).formula
        'std(w) = √(2/fan_in)'
        >>> BIASES.of(HE, Layout.TORCH).look_up
        'torch.nn.init.zeros_'
        """

        def told(text: str | Words, between: str) -> str:
            words = text if isinstance(text, str) else text.of(layout, between)
            return words.format(law=law)

        formula = None if self.formula is None else told(self.formula, "; ")
        return Explanation(told(self.look_up, "; "), told(self.why, " "), told(self.change, " "), formula)


_STD = "std(w) = √({law.formula})"
_NORMAL = f"w ~ N(0, {{law.formula}}), that is {_STD}"

LAW = Lesson(
    "{law.source}",
    "{law.why}",
    "Draw weights with the variance {law.formula}, and compute it from the shape in every call.",
    _STD,
)
HE_SHAPE = Lesson(
    Words(
        "{law.source}", keras="the normal distribution in tf.random", torch="the normal distribution in torch.nn.init"
    ),
    "{law.title} normal asks for many small weights and few large ones. Another distribution can have the same "
    "variance, and is still another initializer.",
    "Draw from a normal distribution (or a truncated normal one) with the variance asked for.",
    _NORMAL,
)
UNIFORM_SHAPE = Lesson(
    Words(
        "the two forms of {law.title}'s initializer, normal and uniform",
        keras="tf.keras.initializers",
        torch="torch.nn.init",
    ),
    "{law.title}'s initializer has a normal and a uniform form. With the same variance, both treat a signal alike. But "
    "the task asks for the normal form.",
    Words(
        "Draw from a normal distribution with the variance asked for.",
        keras="Keras's initializers whose names end in Normal have this form, and those that end in Uniform do not.",
        torch="PyTorch's functions whose names end in normal_ have this form, and those that end in uniform_ do not.",
    ),
    _NORMAL,
)
HE_MEAN = Lesson(
    "{law.source}",
    "The derivation takes E(w) = 0. With another mean, each sum over fan_in inputs has an offset. It grows with "
    "fan_in, and pushes all units of a layer the same way.",
    "Draw from a distribution with mean 0. Check that no sampler draws between 0 and 1 (as rand does), and that no abs "
    "or added constant moves the mean.",
    f"E(w) = 0, {_STD}",
)
HE_BACKWARD = Lesson(
    Words(
        "He et al. (2015), section 2.2, equations 10 and 14",
        keras="the argument mode of tf.keras.initializers.VarianceScaling",
        torch="the argument mode of torch.nn.init.kaiming_normal_",
    ),
    "The task asks for weights that keep the signal's mean square on its way forward. With fan_out, a layer with more "
    "outputs than inputs makes the signal smaller, and a layer with fewer outputs makes it larger: a ReLU "
    "layer from 64 to 128 units halves the signal's mean square.",
    Words(
        "Use fan_in in place of fan_out, on dense kernels and on convolutions.",
        keras="The outputs are the last axis of a Keras kernel.",
        torch="The outputs are the first axis of a PyTorch kernel.",
    ),
    _STD,
)
FAN = Lesson(
    "{law.source}, and the fan that it names",
    "One output unit sums over fan_in inputs, so fan_in decides how large the sum becomes. With another fan, a layer "
    "makes the signal smaller or larger, and its shape decides by how much.",
    "Use the variance {law.formula}, with the fan that it names.",
    _STD,
)
GLOROT = Lesson(
    "{law.source}",
    "Glorot's rule is made for activations that are nearly linear about 0, such as tanh. ReLU halves the signal's mean "
    "square, and Glorot's variance does not make up for that: if all layers have the same width, each halves the "
    "mean square, and ten leave 0.001 of it.",
    "Use {law.title}'s variance, {law.formula}, in place of Glorot's. Only a model's output layer may keep it: no ReLU "
    "follows.",
    f"{{law.title}}: {_STD}",
)
ROOT = Lesson(
    "variance and standard deviation, and which of them your sampler takes",
    "The variance is the square of the standard deviation, and samplers ask for the standard deviation (std, stddev, "
    "scale).",
    "Pass the sampler the standard deviation that belongs to the variance {law.formula}. Take one square root, of the "
    "whole fraction.",
    _STD,
)
UNIFORM = Lesson(
    "the variance of a uniform distribution between −a and a",
    "The limit of a uniform distribution, its standard deviation and its variance are three different numbers.",
    "Draw from a normal distribution, and pass it the standard deviation that belongs to {law.formula}, not the limit "
    "of a uniform distribution.",
    f"uniform on ±a has std a/√3; what is asked for is a normal with {_STD}",
)
GAINS = Lesson(
    Words(
        "gains: each activation has one of its own",
        keras="the argument scale of tf.keras.initializers.VarianceScaling, which is a squared gain",
        torch="torch.nn.init.calculate_gain",
    ),
    "A gain makes up for what one activation does to the signal's mean square. With the gain of another activation, "
    "every layer multiplies the mean square by a factor that is not 1.",
    "Use the gain that belongs to ReLU.",
    "std(w) = gain/√fan_in, with gain √2 for ReLU",
)
FANS = Lesson(
    Words(
        "He et al. (2015), section 2.2, which counts the connections of one output",
        keras="the sum in the documentation of tf.nn.conv2d",
        torch="the sum in the documentation of torch.nn.Conv2d",
    ),
    "fan_in is the number of terms that one output adds up. With a wrong count, the variance is wrong, and each such "
    "layer makes the signal larger or smaller.",
    "Count the terms of one output from the kernel's shape. A convolution adds up every place of its window, in every "
    "input channel. A dense kernel adds up its inputs.",
    f"fan_in = kh · kw · in_channels, and {_STD}",
)
LAYOUTS = Lesson(
    Words(
        keras="Keras's kernel layouts (in, out) and (kh, kw, in, out)",
        torch="PyTorch's kernel layouts (out, in) and (out, in, kh, kw)",
    ),
    "The frameworks store a kernel's axes in different orders, so the same index means another axis in each.",
    Words(
        "Read the fan from the axes of this framework.",
        keras="The outputs are the last axis of a Keras kernel.",
        torch="The outputs are the first axis of a PyTorch kernel.",
    ),
    "fan_in = in, times kh · kw for a convolution",
)
AXES = replace(
    LAYOUTS,
    change="Return the axes in the order of the shape that is asked for. Do not transpose the tensor.",
    formula=None,
)
TRUNCATED = Lesson(
    Words(
        "the variance of a truncated normal distribution",
        keras="how tf.keras.initializers.VarianceScaling corrects it",
        torch="the limits of torch.nn.init.trunc_normal_",
    ),
    "Cutting off the tails takes variance away: a normal that is cut at two standard deviations keeps 0.774 of its "
    "variance. So every layer shrinks the signal.",
    "Make the standard deviation larger before you cut, so that the variance after cutting is {law.formula}. Or do not "
    "cut: a normal is right, too.",
    "deviation before cutting at two deviations: √({law.formula})/0.8796",
)
CORRECTION = Lesson(
    TRUNCATED.look_up,
    "A correction for cut tails is right only where tails are cut and nothing has corrected for them yet. Anywhere "
    "else it makes the weights too large.",
    "Remove the correction.",
    _STD,
)
KERAS_DEFAULTS = Lesson(
    Words(
        keras="the default arguments of tf.keras.initializers.RandomNormal, TruncatedNormal and RandomUniform",
        torch="{law.source}",
    ),
    "A fixed standard deviation does not depend on the layer: it is too small for some shapes and too large for "
    "others.",
    "Compute the standard deviation from the shape, in every call.",
    f"{_STD}, from the shape",
)
FIXED = replace(KERAS_DEFAULTS, look_up=LAW.look_up)
ORTHOGONAL = Lesson(
    "orthogonal initialization: Saxe et al. (2014)",
    "An orthogonal matrix keeps the length of a signal, which is a good property. But its entries are not independent, "
    "so it is another initializer than {law.title}'s.",
    "Draw every weight independently, from a normal distribution with the variance {law.formula}.",
    f"independent w, {_STD}",
)
SEEDS = Lesson(
    Words(
        "random seeds",
        keras="tf.keras.utils.set_random_seed; the argument seed of Keras's initializers",
        torch="torch.manual_seed",
    ),
    "Equal seeds give equal numbers: layers start as copies of one another, and every run repeats the same draw.",
    Words(
        "Set no seed inside the function.",
        keras="If your function has a Keras initializer object, create a new object in every call, because one object "
        "gives the same numbers in all of its calls.",
    ),
)
KEPT = replace(
    SEEDS,
    change="Draw new numbers in every call. Keep no tensor from an earlier call, and make no seed from the shape.",
)
BREAKING = Lesson(
    "symmetry breaking: units that start alike get the same gradient and stay alike",
    "Units with equal weights compute the same output and get the same gradient, so training never makes them "
    "different. With zeros the hidden layers do not learn at all, because no signal and no gradient gets through them.",
    "Draw random numbers. If you do, check that the standard deviation is not 0: an integer division can make it 0.",
    f"independent w, {_STD}",
)
IID = Lesson(
    "independent and identically distributed weights, the assumption behind Var(w) = {law.formula}",
    "The derivation adds up the variances of fan_in independent terms. If weights depend on one another, their sum "
    "varies more, or less, and units share what they compute.",
    "Draw all weights of the kernel in one call of the sampler, and leave their order and their values as they are: do "
    "not copy, sort, normalize or center them.",
    f"w independent and identically distributed, {_STD}",
)
DTYPES = Lesson(
    Words("dtypes: float32 is what layers expect; numpy's astype", keras="tf.cast", torch="Tensor.to"),
    "Layers compute in float32. Some operations refuse another dtype; in others it costs accuracy or memory.",
    "Draw in float32, or convert the result to float32.",
)
TENSORS = Lesson(
    Words(keras="tf.convert_to_tensor", torch="torch.tensor; torch.from_numpy"),
    "Layers take tensors of their own framework: these know their device and take part in automatic differentiation.",
    "Return a tensor of this framework.",
)
IN_PLACE = Lesson(
    "Tensor.normal_, Tensor.copy_",
    "The layer keeps the tensor that it passed in. If you assign a new tensor to the argument's name, only the name "
    "changes; the layer's own tensor stays as it was.",
    "Change the values of the tensor that was passed in, and return this tensor. Methods whose names end in an "
    "underscore change a tensor in place; an nn.Parameter allows that only inside torch.no_grad().",
)
BIASES = Lesson(
    Words(keras="the argument bias_initializer of tf.keras.layers.Dense", torch="torch.nn.init.zeros_"),
    "The rule {law.formula} assumes biases of 0, and the task asks for them. Random biases are not needed: the random "
    "weights already make the units different.",
    "Set the biases of all three layers to 0.",
    "b = 0",
)
LAYER_DEFAULTS = Lesson(
    Words("the variance of a uniform distribution between −a and a", torch="torch.nn.Linear.reset_parameters"),
    "A uniform distribution on ±1/√fan_in has a sixth of He's variance, so every layer makes the signal smaller.",
    Words(
        "Draw from a normal distribution with the variance {law.formula}.",
        torch="In a model, do so after the layers are created: PyTorch's layers begin with weights of their own.",
    ),
    _STD,
)
CLIPPED = Lesson(
    Words(keras="tf.random.truncated_normal", torch="torch.nn.init.trunc_normal_"),
    "Clipping moves the tails to the limit, where they pile up. A truncated normal draws these weights again. Both "
    "take variance away.",
    "Do not clip: a normal is right as it is.",
    TRUNCATED.formula,
)
ARGUMENTS = Lesson(
    Words(
        "the order of arguments; numpy's normal(loc, scale)",
        keras="tf.random.normal(shape, mean, stddev)",
        torch="torch.normal(mean, std)",
    ),
    "Samplers take the mean first. Weights about a mean that is not 0 push every unit the same way, and a standard "
    "deviation of 1 makes signals explode.",
    "Pass the mean 0 first and the standard deviation second, or pass both by name.",
    f"E(w) = 0, {_STD}",
)
PRECEDENCE = Lesson(
    "operator precedence in Python; {law.source}",
    "Division comes before addition. So the second fan is added to the variance, and signals explode.",
    "Put the whole denominator in parentheses. The variance asked for is {law.formula}.",
    f"{{law.title}}: {_STD}",
)
LAPLACE = Lesson(
    "the variance of numpy's Generator.laplace",
    "In NumPy, each family of distributions has its own scale parameter. Of these, only the normal's scale is its "
    "standard deviation.",
    "Draw from a normal distribution with the variance asked for.",
    _NORMAL,
)
LOGISTIC = replace(LAPLACE, look_up="the variance of numpy's Generator.logistic")
RETURN = Lesson(
    "the return statement",
    "A function without a return gives None, whatever it has computed.",
    "Return the tensor at the end of the function.",
)
RAISED = Lesson(
    Words(
        "how to read a traceback",
        keras="Keras's kernel layout (kh, kw, in, out)",
        torch="PyTorch's kernel layout (out, in, kh, kw)",
    ),
    "An initializer gets kernels with two axes (dense) and with four (convolutions), and both are checked.",
    "Call your function with the shape that the message names, read the last line of the traceback, and make the code "
    "work for every shape.",
)
SHAPES = Lesson(
    Words(
        "reshape", keras="Keras's kernel layout (kh, kw, in, out)", torch="PyTorch's kernel layout (out, in, kh, kw)"
    ),
    "A layer puts the tensor where its kernel is, and that takes exactly the shape asked for.",
    "Return a tensor of the shape asked for.",
)
NOT_FINITE = Lesson(
    "division by zero; the root of a negative number",
    "One NaN in a kernel makes every output NaN, and then every gradient.",
    "Find the operation that gives NaN or infinity, for example a division by 0.",
)
NO_GRAD = Lesson(
    "torch.no_grad",
    "A layer's weights require gradients. Autograd records what changes them in place, or refuses it. Initialization "
    "is no part of training.",
    "Change the values while autograd does not record.",
)
SPARSE = Lesson(
    Words("sparse initialization", torch="torch.nn.init.sparse_"),
    "With many weights that are exactly 0, the distribution is no normal distribution any more, and the variance is "
    "smaller.",
    "Draw every weight from the normal distribution, and set none of them to 0.",
    _NORMAL,
)
MODELS = Lesson(
    Words(keras="tf.keras.Sequential", torch="torch.nn.Module"),
    "Training, saving and grading find weights through the framework's own kind of model.",
    "Return a model of this framework, with layers that are created once, together with the model.",
)
LAYERS = Lesson(
    Words(keras="tf.keras.layers.Dense", torch="torch.nn.Linear"),
    "The sizes are part of the question: each layer's fan_in follows from them.",
    "Build the layers with the sizes that Q7 lists, and keep them where the framework finds them.",
    "64 → 128 → 64 → 10",
)
ARCHITECTURE = Lesson(
    "the description of the network in Q7",
    "Other layers with weights change the signal between the layers that are judged.",
    "Remove the layers and parameters that Q7 does not list.",
    "64 → 128 → 64 → 10",
)
NAMES = Lesson(
    "attributes of a torch.nn.Module",
    "A module's parameters are known by the attributes that hold their layers. Code that loads or checks a model uses "
    "these names.",
    "Give the layers the names that Q7 asks for.",
)
FORWARD = Lesson(
    Words(
        keras="how tf.keras.Sequential, or the method call of a model, applies its layers",
        torch="the method forward of torch.nn.Module",
    ),
    "The outputs are compared with those that the model's own weights give. So a layer counts only if it is used.",
    "Use each layer once, in order, with the activations that Q7 lists and nothing between.",
    "h₁ = relu(x W₁ + b₁), h₂ = relu(h₁ W₂ + b₂), outputs from h₂ W₃ + b₃",
)
HIDDEN_ACTIVATIONS = Lesson(
    Words(keras="the argument activation of tf.keras.layers.Dense", torch="torch.relu"),
    "The rule {law.formula} is made for ReLU after the hidden layers. Another activation changes the signal's mean "
    "square by another factor, and without any activation the whole network is linear.",
    "Use ReLU after both hidden layers.",
    "h = relu(x W + b) in both hidden layers",
)
LAST_ACTIVATION = Lesson(
    Words(keras="the argument from_logits of Keras's cross-entropies", torch="torch.nn.CrossEntropyLoss"),
    Words(
        "A loss function takes either probabilities or logits, and the model has to give what its loss takes.",
        keras="Keras's cross-entropies take probabilities by default, and Q7 asks for these.",
        torch="PyTorch's cross-entropy takes logits, and applies softmax itself. Q7 asks for logits.",
    ),
    Words(
        keras="End the Keras model with softmax, over the classes.",
        torch="End the PyTorch model with the last layer, without an activation.",
    ),
    Words(keras="softmax(h W + b) at the end", torch="h W + b at the end"),
)
ACTIVATIONS = Lesson(
    Words(
        keras="the argument activation of tf.keras.layers.Dense; the argument from_logits of Keras's cross-entropies",
        torch="torch.relu; torch.nn.CrossEntropyLoss",
    ),
    Words(
        "The rule {law.formula} is made for ReLU after the hidden layers. At the end, the model has to give what its "
        "loss function takes.",
        keras="Keras's cross-entropies take probabilities by default.",
        torch="PyTorch's cross-entropy takes logits.",
    ),
    Words(
        "Use ReLU after both hidden layers.",
        keras="End the Keras model with softmax, over the classes.",
        torch="End the PyTorch model with the last layer, without an activation.",
    ),
    Words("h = relu(x W + b) in both hidden layers", keras="softmax(h W + b) at the end", torch="h W + b at the end"),
)
EVERY_LAYER = Lesson(
    Words(keras="the argument kernel_initializer of tf.keras.layers.Dense", torch="torch.nn.Module.apply"),
    "A layer that is left out keeps its framework's default, and one such layer is enough to shrink the signal.",
    "Initialize each hidden layer.",
    f"{_STD}, in each hidden layer with its own fan_in",
)
NO_BIAS = Lesson(
    Words(keras="the argument use_bias of tf.keras.layers.Dense", torch="the argument bias of torch.nn.Linear"),
    "A bias that starts at 0 can still be learned; one that is not there cannot.",
    "Give every layer a bias, and set it to 0.",
    "b = 0",
)
