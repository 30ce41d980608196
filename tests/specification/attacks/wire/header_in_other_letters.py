# Tries: a header in UTF-32, which JSON's reader guesses from its first bytes.
# Must: be one answer, or none.
# Tolerates: any
answer_by(lambda header, arrays: frame(frame(header)[12:].decode().encode("utf-32")))
