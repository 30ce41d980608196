# Tries: a header that is a list.
# Must: be refused.
# Problem: not a JSON object
answer_by(lambda header, arrays: frame([header]))
