# Tries: a line's number of five thousand digits, and one of four thousand.
# Must: be refused, or be left out.
# Tolerates: any
raised = {"name": "E", "message": "", "cell": None, "line": "DIGITS", "source": None, "refused": None}
answer_by(lambda header, arrays: frame(frame({**header, "raised": raised})[12:].replace(b'"DIGITS"', b"9" * 4200)))
