"""Seeds the random generators that a student's code may use. The functions import the frameworks."""

from __future__ import annotations

import random

import numpy as np


def seed_everything(seed: int) -> None:
    """Seed every generator that a student's code may draw from without naming a seed.

    ``tf.random.set_seed`` alone does not reach Keras 3's initializers, which seed themselves from
    Python's ``random``; and ``numpy.random.default_rng()`` asks the operating system, through a
    function that is replaced here by a seeded one.
    """
    import keras
    import torch

    keras.utils.set_random_seed(seed)  # Python's, NumPy's old global and TensorFlow's generators
    torch.manual_seed(seed)
    entropy = random.Random(seed)  # noqa: S311 (reproducible on purpose)
    np.random.bit_generator.randbits = entropy.getrandbits  # type: ignore[attr-defined]


def vary_seeds(seed: int) -> None:
    """Give every global generator another seed, without TensorFlow forgetting where its kernels' streams are.

    A traced ``tf.function`` takes its operations' seeds from the global one: with one global seed for all
    calls, its traces for two shapes would share their numbers, which no notebook without a seed sees. But
    ``tf.random.set_seed`` also restarts the streams of functions traced before.
    """
    import torch
    from tensorflow.python.eager import context

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (the student's code may draw from it)
    torch.manual_seed(seed)
    tensorflow = context.context()
    tensorflow._seed = seed
    tensorflow._rng = random.Random(seed)  # noqa: S311
