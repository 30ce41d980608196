# Tries: one key twice in a header, so that two readers of it read different answers.
# Must: be one answer, or none.
# Tolerates: any
def twice(header, arrays):
    text = frame(header)[12:].decode()
    return frame(text.replace("{", '{"status": "error", "score": 40, ', 1).encode())


answer_by(twice)
