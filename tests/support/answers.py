"""Written answers for tests: drawn from what students write about vanishing gradients, and changed as they change them.

Every function draws from a `random.Random`, so that a seed names an answer.
"""

from __future__ import annotations

import random
import re

#: Statements of an answer to the first question, each in the words of several students.
STATEMENTS = (
    (
        "The gradient of the loss with respect to the weights of the early layers becomes very small.",
        "What vanishes is the gradient for the weights of the early layers, near the input.",
        "In deep networks the early layers receive a gradient that is close to zero.",
    ),
    (
        "Backpropagation multiplies one factor for each layer, and factors below 1 make the product small.",
        "By the chain rule the gradient is a product of many factors, and most of them are smaller than 1.",
        "Each layer contributes one factor to the product, so it shrinks exponentially with the depth.",
    ),
    (
        "The slope of the sigmoid is at most 1/4, so twenty layers leave less than one part in $10^{12}$.",
        "Since the derivative of a sigmoid never exceeds 1/4, the gradient loses a factor of four in each layer.",
        "A sigmoid saturates, and even at zero its slope is only 1/4.",
    ),
    (
        "As a consequence the first layers hardly learn, while the last layers still change.",
        "Training stalls, because the early layers stay as they were initialized.",
        "The loss stays on a plateau, and no learning rate suits all layers at the same time.",
    ),
    (
        "In recurrent networks the product runs over time steps, so long-range dependencies are not learned.",
        "An RNN multiplies the same matrix at every time step and forgets what happened long ago.",
        "For sequences, the gradient from distant time steps is lost.",
    ),
    (
        "Remedies are ReLU, whose slope is 1 for positive inputs, and batch normalization.",
        "One can use He initialization together with ReLU, or residual connections.",
        "LSTM cells and skip connections keep a path on which the gradient does not shrink.",
    ),
    (
        "For an early layer, $\\delta_l = D_l W_{l+1}^T D_{l+1} \\cdots \\delta_L$, where $D_k$ holds the slopes.",
        "Written down, the gradient contains $\\prod_k W_k^T \\varphi'(z_k)$: slopes and weights of each layer.",
        "The formula $\\partial L / \\partial h_l = W^T \\varphi'(z) \\, \\partial L / \\partial h_{l+1}$ has both.",
    ),
    (
        "In the figure the marks lie on a straight line, because every layer has the same factor of about 0.24.",
        "The axis is logarithmic, so a straight line means that the gradient shrinks by the same factor everywhere.",
        "From layer 20 to layer 19 the norm falls from 0.128 to 0.031, which is a factor of 0.24.",
    ),
    (
        "This factor is the typical slope of the sigmoid times the gain of the weights, which is near 1.",
        "It comes from the slope, at most 1/4, because weights of variance $1/n$ keep the length.",
        "The weights neither stretch nor shorten the vector, so the slope alone explains the line.",
    ),
    (
        "(Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.)",
        "Source: Goodfellow, Bengio and Courville, Deep Learning, MIT Press, 2016, chapter 8.",
        "See Hochreiter, The vanishing gradient problem during learning recurrent neural nets, 1998.",
    ),
)
#: Words that turn a statement when one stands for the other, in either direction.
TURNS = (
    ("early", "last"),
    ("early", "late"),
    ("first", "last"),
    ("gradient", "loss"),
    ("gradient", "variance"),
    ("small", "large"),
    ("smaller", "larger"),
    ("below", "above"),
    ("1/4", "1"),
    ("1/4", "1/2"),
    ("0.24", "0.42"),
    ("slope", "scale"),
    ("slopes", "values"),
    ("product", "sum"),
    ("multiplies", "adds"),
    ("shrinks", "grows"),
    ("shrink", "grow"),
    ("exponentially", "linearly"),
    ("positive", "negative"),
    ("never", "often"),
    ("hardly", "quickly"),
    ("straight", "curved"),
    ("input", "output"),
    ("vanishes", "explodes"),
    ("most", "least"),
    ("logarithmic", "linear"),
    ("same", "other"),
    ("weights", "biases"),
    ("sigmoid", "ReLU"),
    ("long", "short"),
    ("distant", "recent"),
    ("falls", "rises"),
)
_WORD = re.compile(r"(?<![\w\\/.])\w[\w/.]*(?<!\.)(?![\w/])")


def fresh(draw: random.Random) -> str:
    """An answer of one student, of about a hundred words."""
    chosen = draw.sample(STATEMENTS, draw.randint(6, 9))
    return " ".join(draw.choice(wordings) for wordings in chosen)


def with_a_slip(draw: random.Random, answer: str) -> str:
    """A copy with one typing error in a word of six letters or more."""
    places = [m for m in _WORD.finditer(answer) if m[0].isalpha() and len(m[0]) > 5]
    while True:
        place = draw.choice(places)
        word, i = place[0], draw.randrange(1, len(place[0]) - 1)
        wrong = draw.choice(
            (
                word[:i] + word[i + 1 :],
                word[:i] + word[i] + word[i:],
                word[:i] + draw.choice("etaoinsr") + word[i + 1 :],
                word[:i] + word[i + 1] + word[i] + word[i + 2 :],
            )
        )
        if wrong != word:
            return answer[: place.start()] + wrong + answer[place.end() :]


def turned(answer: str) -> list[str]:
    """Every copy of the answer in which one word turns the meaning."""
    copies = []
    for place in _WORD.finditer(answer):
        for pair in TURNS:
            for word, other in (pair, pair[::-1]):
                if place[0] == word:
                    copies.append(answer[: place.start()] + other + answer[place.end() :])
    return copies


def _own_run(draw: random.Random) -> str:
    numbers = [f"{draw.random():.5f}" for _ in range(5)]
    return f"My own run: norms of {', '.join(numbers)}; seed {draw.randrange(10**6)}, {draw.randrange(10**4)} steps."


def a_class(draw: random.Random, size: int) -> dict[str, str]:
    """The answers of a class: most on their own, and copies of each kind among them."""
    answers: dict[str, str] = {}
    for number in range(size):
        kind = draw.random()
        earlier = [*answers.values()] or [fresh(draw)]
        original = max(draw.choices(earlier, k=5), key=len)
        if kind < 0.70:
            answer = f"{fresh(draw)} {_own_run(draw)}"
        elif kind < 0.78:
            answer = original
        elif kind < 0.86 and len(original) > 200:
            answer = with_a_slip(draw, original)
        elif kind < 0.94 and turned(original):
            answer = draw.choice(turned(original))
        else:
            answer = draw.choice(("", "YOUR ANSWER HERE", "The gradient vanishes.", "梯度消失。"))
        answers[f"student {number:04}"] = answer
    return answers
