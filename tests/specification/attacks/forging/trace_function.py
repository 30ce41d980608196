# Tries: a trace function that swaps the judge in the frame of whoever scores.
# Must: do nothing; no frame of the scoring is in this process.
# Bench: yes
import sys
import types


def lenient(evidence, criteria):
    finding = types.SimpleNamespace(message="", diagnosis=None, measured=None, expected=None, p_value=None)
    return [types.SimpleNamespace(name=c, status="passed", asks="", finding=finding) for c in criteria]


def trace(frame, event, argument):
    if frame.f_code.co_name == "score_task":
        frame.f_globals["judge"] = lenient
    return None


sys.settrace(trace)
