"""Seeds the random generators that a student's code may use. The functions import the frameworks."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def seed_everything(seed: int) -> None:
    """Seed every generator that a student's code may draw from without naming a seed.

    ``tf.random.set_seed`` alone does not reach Keras 3's initializers, which seed themselves from Python's ``random``.
    What asks the operating system for random numbers is replaced by functions that ask a seeded generator: call this in
    a child alone.
    """
    import keras
    import torch

    keras.utils.set_random_seed(seed)  # Python's, NumPy's old global and TensorFlow's generators
    torch.manual_seed(seed)
    _replace_the_system(random.Random(seed))  # noqa: S311 (reproducible on purpose)


def _replace_the_system(entropy: random.Random) -> None:
    import tensorflow as tf
    import torch

    def bits(count: int = 63) -> int:
        return entropy.getrandbits(count)

    # For secrets, uuid and random.SystemRandom, too.
    os.urandom = os.getrandom = random._urandom = lambda size, flags=0: entropy.randbytes(size)  # type: ignore[attr-defined]
    np.random.bit_generator.randbits = bits  # type: ignore[attr-defined]

    seed_of_python = random.Random.seed

    def seed_python(self: random.Random, a: Any = None, version: int = 2) -> None:
        seed_of_python(self, bits() if a is None else a, version)

    def seed_torch() -> int:
        torch.manual_seed(seed := bits())
        return seed

    class Generator(torch.Generator):  # type: ignore[misc]
        def seed(self) -> int:
            self.manual_seed(seed := bits())
            return seed

    random.Random.seed = seed_python  # type: ignore[method-assign]
    random.seed = random._inst.seed
    torch.seed = torch.random.seed = seed_torch
    torch.Generator = Generator
    tf.random.Generator.from_non_deterministic_state = classmethod(lambda cls, alg=None: cls.from_seed(bits(), alg))


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


@contextmanager
def generators_kept() -> Iterator[None]:
    """Give the global generators back as they were, so that what runs in between does not change what comes after.

    Generators that a student made, and the streams of a traced ``tf.function``, have no global place: they go on.
    """
    import torch
    from keras.src.backend.common import global_state
    from tensorflow.python.eager import context
    from tensorflow.python.ops import stateful_random_ops

    python, numpy, in_torch = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    tensorflow = context.context()
    seed, rng = tensorflow._seed, getattr(tensorflow, "_rng", None)
    state_of_rng = rng.getstate() if rng is not None else None
    generator = stateful_random_ops.global_generator
    of_keras = global_state.get_global_attribute("global_seed_generator")
    states = [(each, np.array(each.state)) for each in (generator, of_keras) if each is not None]
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        torch.set_rng_state(in_torch)
        tensorflow._seed, tensorflow._rng = seed, rng
        if rng is not None:
            rng.setstate(state_of_rng)
        stateful_random_ops.global_generator = generator
        global_state.set_global_attribute("global_seed_generator", of_keras)
        for each, state in states:
            each.state.assign(state)
