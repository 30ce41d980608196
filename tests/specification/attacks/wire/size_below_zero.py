# Tries: an array with a negative size, so that a product or an offset becomes wrong.
# Must: be refused.
# Problem: sensible sizes
answer_by(lambda header, arrays: frame({**header, "arrays": [["float32", [-1, -4]]]}, b"1234" * 4))
