# Tries: to blame the sandbox for what it did not refuse, in words that there are not.
# Must: be refused.
# Problem: none that there is
raised = {"name": "E", "message": "", "cell": None, "line": None, "source": None, "refused": "everything"}
answer_by(lambda header, arrays: ({**header, "raised": raised}, arrays))
