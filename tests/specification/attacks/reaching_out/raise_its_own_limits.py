# Tries: to raise its limits, and to lower those of the warm process.
# Must: be refused.
# Problem: not allowed while grading
import os
import resource

for process in (0, os.getppid(), PLANTED["grader"]):
    try:
        resource.prlimit(process, resource.RLIMIT_NOFILE, (4, 4))
    except (PermissionError, ValueError):
        continue
    raise SystemError("a limit was changed")
os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
