# Tries: array sizes that are equal to integers and are none: true, 1.0, 1e0, "1", NaN.
# Must: be refused.
# Problem: sensible sizes
answer_by(lambda header, arrays: frame({**header, "arrays": [["float32", [True, 1.0, "1", float("nan")]]]}, b"1234"))
