"""A class for the marking desk: answers in the gradebook and in `autograded/`, without grading anybody's code."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime

from nbgrader.api import Gradebook

from tests.support.course import ASSIGNMENT, Course
from tests.support.samples import answered, write

#: Names that nothing else contains, so that a search for them in a page finds only students.
STUDENT = "zztopf-{:02d}"
#: What half of the answers to Q1 are made of: true, false and beside the point.
SENTENCES = (
    "The gradient of the loss becomes smaller and smaller on its way back to the early layers.",
    r"Backpropagation multiplies one factor a layer, $\varphi'(z_l)\,w_l$, and factors below 1 make the product small.",
    "Early layers hardly learn, so training stalls.",
    "Recurrent networks do not learn long-range dependencies, because the product runs over time steps.",
    "ReLU and batch normalization are remedies.",
    "Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.",
    r"By the chain rule, $\frac{\partial L}{\partial W_1} = \delta_1 h_0^\top$ with a product of Jacobians.",
    "The line is straight on a logarithmic axis: the same factor of 0.24 at each layer.",
    "The slope of the sigmoid is at most 1.",
    "The last layers learn least.",
    "The activation function alone decides.",
    "Overfitting is another problem of deep networks.",
)


def answers(count: int, seed: int = 1) -> dict[str, dict[str, str]]:
    """Return answers to Q1 and Q2 by student; some of Q1 are the same, one has a slip, one is empty."""
    draw = random.Random(seed)
    made = {}
    for number in range(count):
        texts = draw.sample(SENTENCES, 6)
        made[STUDENT.format(number)] = {"q1": "\n\n".join(texts), "q2": f"Xavier keeps the variance. {texts[0]}"}
    students = list(made)
    if count >= 6:
        made[students[1]]["q1"] = made[students[2]]["q1"] = "\n\n".join(SENTENCES[:6])
        made[students[3]]["q1"] = made[students[1]]["q1"].replace("multiplies", "multiplise")
        made[students[4]]["q1"] = ""
        made[students[5]]["q1"] = made[students[1]]["q1"] + "\n\nMore of it in the book by Goodfellow."
    return made


def hand_in(course: Course, texts: Mapping[str, Mapping[str, str]]) -> None:
    """Put answers, by student and question, where autograding puts them."""
    with Gradebook(course.db_url, "weight-initialization") as gradebook:
        for student, sources in texts.items():
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(ASSIGNMENT, student, timestamp=datetime(2026, 11, 1, tzinfo=UTC))
            for question in sources:
                gradebook.find_grade(question, ASSIGNMENT, ASSIGNMENT, student).needs_manual_grade = True
            gradebook.db.commit()
            for folder in ("submitted", "autograded"):
                path = course.folder / folder / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
                write(answered(dict(sources)), path)
