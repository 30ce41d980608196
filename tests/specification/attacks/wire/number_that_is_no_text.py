# Tries: to carry the question's number in a list, or in another case, so that it may look like the right one.
# Must: be refused.
# Problem: no question that was asked
answer_by(lambda header, arrays: ({**header, "nonce": [header["nonce"].upper()]}, arrays))
