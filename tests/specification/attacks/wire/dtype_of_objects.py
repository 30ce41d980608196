# Tries: an array of objects, whose bytes a careless grader would take for pointers or unpickle.
# Must: be refused.
# Problem: dtype is not one
answer_by(lambda header, arrays: frame({**header, "arrays": [["object", [1]]]}, b"\x08" * 8))
