# Tries: a status that is a list and cannot be looked up.
# Must: be refused.
# Problem: status is none
answer_by(lambda header, arrays: ({**header, "status": [["ok"]]}, arrays))
