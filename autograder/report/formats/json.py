"""Writes results as JSON, `autograder/result/v1`.

The file holds one object for one notebook, and an array in the given order for several. The array has no entry for a
file that cannot be read.
"""

from __future__ import annotations

import json

from autograder.report.document import to_json
from autograder.report.formats import Format, Outcomes


def render(outcomes: Outcomes) -> str | None:
    """Return the JSON text; None where nothing was graded."""
    documents = [to_json(result) for result in outcomes.results]
    if not documents:
        return None
    return (
        json.dumps(documents[0] if outcomes.single else documents, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    )


FORMAT = Format("json", "Write the result as JSON: an array of all that could be read, for several.", render)
