# Tries: a header whose bytes are no text in any encoding.
# Must: be refused.
# Problem: not JSON
answer_by(lambda header, arrays: frame(b"\xff\xfe{\xed\xa0\x80\xc0\x80}"))
