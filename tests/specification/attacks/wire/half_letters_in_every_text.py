# Tries: half of a surrogate pair, which no encoding writes, in every text of an exception.
# Must: be dropped, so that every report can be written.
# Problem: Half
half = "\ud800\udfff\udcff" * 10
raised = {"name": "Half" + half, "message": half, "cell": half, "line": 1, "source": half, "refused": None}
answer_by(lambda header, arrays: ({**header, "stdout": half, "stderr": half, "raised": raised}, arrays))
