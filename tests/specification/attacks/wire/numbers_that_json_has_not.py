# Tries: NaN and infinities where a line's number belongs.
# Must: be refused.
# Problem: has not the type
raised = {"name": "E", "message": "", "cell": None, "line": float("nan"), "source": None, "refused": None}
answer_by(lambda header, arrays: frame({**header, "raised": {**raised, "cell": float("inf")}}))
