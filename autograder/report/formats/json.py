"""Results as JSON, `autograder/result/v1`: one object for one notebook, an array in the order given for several."""

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


FORMAT = Format("json", "Write the result as JSON: an array for several notebooks.", render)
