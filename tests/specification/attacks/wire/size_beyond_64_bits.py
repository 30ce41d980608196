# Tries: array sizes that no machine's integer holds.
# Must: be refused.
# Problem: sensible sizes
answer_by(lambda header, arrays: frame({**header, "arrays": [["float64", [2**63, 2**64, 10**300]]]}))
