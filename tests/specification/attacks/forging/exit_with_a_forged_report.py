# Tries: to print a perfect report to every descriptor and to end the process before anybody can object.
# Must: cost itself the cell; printed words are nobody's verdict.
# Problem: exit code 0
import json
import os

report = json.dumps({"schema": "autograder/result/v1", "status": "graded", "score": 40.0, "max_score": 40.0})
for descriptor in (1, 2):
    os.write(descriptor, report.encode())
os._exit(0)
