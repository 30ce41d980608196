# Tries: an array with more dimensions than NumPy has.
# Must: be refused.
# Problem: not a short list
answer_by(lambda header, arrays: frame({**header, "arrays": [["float32", [1] * 65]]}, b"1234"))
