# Tries: a quarter of a million marks on one letter, of which a report would become a tower.
# Must: be cut to the marks that a language has.
# Problem: Tower
raised = {"name": "Tower", "message": "Z" + "\u0335\u0301" * 20_000, "cell": None, "line": None, "source": None, "refused": None}
answer_by(lambda header, arrays: ({**header, "raised": raised}, arrays))
