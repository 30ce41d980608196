"""Finds the mark schemes in the source notebook, and writes them back into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.marking.scheme import Scheme, SchemeProblem, parse, render
from autograder.notebook import BEGIN_MARK_SCHEME, END_MARK_SCHEME, Notebook, split_at_mark_scheme

_PROMPT = "_prompt"


@dataclass(frozen=True)
class Source:
    """Mark scheme of one question as the notebook has it: the text, and the points of the answer's cell."""

    question: str
    markdown: str
    max_points: float


def sources(notebook: Notebook) -> tuple[Source, ...]:
    """Return the mark schemes of all questions that have one, in the order of the notebook.

    A question's scheme stands in the cell of its prompt: that of ``q1`` in ``q1_prompt``.

    Examples
    --------
    >>> from autograder.notebook import Cell, Notebook
    >>> scheme = "| points | for |\\n|---:|---|\\n| 2 | The cause. |"
    >>> prompt = f"### BEGIN MARK SCHEME\\n{scheme}\\n### END MARK SCHEME"
    >>> cells = (Cell("markdown", prompt, "a", "q1_prompt", {}), Cell("markdown", "", "b", "q1", {"points": 2}))
    >>> notebook = Notebook("a notebook", "", cells)
    >>> [(source.question, source.max_points) for source in sources(notebook)]
    [('q1', 2.0)]
    """
    found = []
    for cell in notebook.cells:
        question = (cell.grade_id or "").removesuffix(_PROMPT)
        answer = notebook.cell(question) if question != cell.grade_id else None
        _, scheme, _ = split_at_mark_scheme(cell.source)
        if answer and scheme:
            found.append(Source(question, scheme.strip("\n"), float(answer.metadata.get("points") or 0)))
    return tuple(found)


def drifted(notebook: Notebook, schemes: Mapping[str, Scheme]) -> tuple[str, ...]:
    """Return the questions whose scheme in the notebook says something else than ``schemes``, in alphabetical order.

    The form of a table, such as its spaces, makes no difference.

    Raises
    ------
    SchemeProblem
        A scheme of the notebook cannot be read.

    Examples
    --------
    >>> from autograder.notebook import Cell, Notebook
    >>> scheme = "| points | for |\\n|---:|---|\\n| 2 | The cause. |"
    >>> prompt = f"### BEGIN MARK SCHEME\\n{scheme}\\n### END MARK SCHEME"
    >>> cells = (Cell("markdown", prompt, "a", "q1_prompt", {}), Cell("markdown", "", "b", "q1", {"points": 2}))
    >>> notebook = Notebook("a notebook", "", cells)
    >>> drifted(notebook, {"q1": parse(scheme, "q1", 2)}), drifted(notebook, {"q1": parse(scheme + " ", "q1", 2)})
    ((), ())
    >>> drifted(notebook, {"q1": parse(scheme.replace("cause", "source"), "q1", 2)})
    ('q1',)
    """
    in_notebook = {
        source.question: render(parse(source.markdown, source.question, source.max_points))
        for source in sources(notebook)
    }
    return tuple(sorted(key for key, scheme in schemes.items() if in_notebook.get(key) != render(scheme)))


def with_schemes(raw: bytes, schemes: Mapping[str, Scheme]) -> bytes:
    """Return the notebook file ``raw`` with ``schemes`` in place of its own. Other cells stay as they are.

    Raises
    ------
    SchemeProblem
        The notebook has no mark scheme for a question.

    Examples
    --------
    >>> before = "| points | for |\\n|---:|---|\\n| 2 | The cause. |"
    >>> source = f"### BEGIN MARK SCHEME\\n\\n{before}\\n\\n### END MARK SCHEME"
    >>> cell = {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": "q1_prompt"}}, "source": source}
    >>> after = with_schemes(json.dumps({"cells": [cell]}).encode(), {"q1": parse(before.replace("2", "3"), "q1", 3)})
    >>> "| 3 | The cause. |" in json.loads(after)["cells"][0]["source"]
    True
    """
    document = json.loads(raw)
    for question, scheme in schemes.items():
        cell = next((cell for cell in document["cells"] if _grade_id(cell) == f"{question}{_PROMPT}"), None)
        text = "".join(cell["source"]) if cell else ""
        before, old, after = split_at_mark_scheme(text)
        if not cell or not old:
            raise SchemeProblem(f"{question}: the notebook has no mark scheme for this question to replace")
        text = f"{before}{BEGIN_MARK_SCHEME}\n\n{render(scheme)}\n\n{END_MARK_SCHEME}{after}"
        cell["source"] = text.splitlines(keepends=True) if isinstance(cell["source"], list) else text
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _grade_id(cell: Mapping[str, object]) -> object:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
