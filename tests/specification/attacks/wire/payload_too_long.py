# Tries: bytes that belong to no array.
# Must: be refused.
# Problem: longer than its arrays
answer_by(lambda header, arrays: frame({**header, "arrays": [["float32", [1]]]}, b"1234" * 1_000_000))
