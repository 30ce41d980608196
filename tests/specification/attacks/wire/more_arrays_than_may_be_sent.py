# Tries: 60,000 empty arrays in one answer.
# Must: be refused.
# Problem: too long|more than may be sent
answer_by(lambda header, arrays: frame({**header, "arrays": [["float16", [0]]] * 15_000}))
