# Tries: to keep the grader busy with one message, a text on which a careless pattern takes quadratic time.
# Must: be cut before any pattern looks at it.
# Beside: yes
# Problem: Slow: /////
import autograder.sandbox.child.serve as serve

honest = serve.encode


def slow(header, arrays=()):
    serve.encode = honest
    raised = {"status": "error", "name": "Slow", "message": "/" * 250_000}
    raised |= {"cell": None, "line": None, "source": None, "refused": None}
    return honest({**header, "raised": raised}, arrays)


serve.encode = slow
