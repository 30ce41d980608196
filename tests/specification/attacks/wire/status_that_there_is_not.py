# Tries: an answer whose status is a verdict.
# Must: be refused.
# Problem: status is none
answer_by(lambda header, arrays: ({**header, "status": "passed", "score": 40.0}, arrays))
