# Tries: to keep the grader busy with each message, a text on which a careless pattern takes quadratic time.
# Must: be cut before any pattern looks at it.
import autograder.sandbox.child.serve as collector

honest = collector.encode
raised = {"name": "/" * 70_000, "message": "/" * 70_000, "cell": None, "line": None, "source": None, "refused": None}


def slow(header, arrays=()):
    answer = {"raised": raised} if "stdout" in header else {"status": "error", **raised}
    return honest({**header, **answer}, ())


collector.encode = slow
