# Tries: a text of scratch folders, in whose places the grader puts a sign, and output of half escape sequences.
# Must: be cut before any pattern looks at it.
# Beside: yes
# Problem: Slow
raised = {"name": "Slow", "message": "/a/autograder-abcdefg" * 7_000, "cell": None, "line": None, "source": None}
answer_by(lambda header, arrays: ({**header, "stdout": "\x1b]" * 9_000, "raised": {**raised, "refused": None}}, arrays))
