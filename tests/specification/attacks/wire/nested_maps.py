# Tries: maps within maps in a field, thirty thousand deep.
# Must: be refused.
# Problem: not JSON|no object
def nested(header, arrays):
    text = frame({**header, "raised": None})[12:].decode()
    return frame(text.replace('"raised": null', '"raised": ' + '{"raised": ' * 20_000 + "1" + "}" * 20_000).encode())


answer_by(nested)
