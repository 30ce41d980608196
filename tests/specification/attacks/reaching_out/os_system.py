# Tries: to run a shell by os.system, which tells of a refusal by its status alone.
# Must: be refused.
# Problem: not allowed while grading
import os

if os.waitstatus_to_exitcode(os.system("cat " + PLANTED["solutions"])) != 0:
    raise PermissionError(1, "no shell")
