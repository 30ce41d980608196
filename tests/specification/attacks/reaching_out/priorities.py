# Tries: a better priority for itself, a worse one for the others, and never to be chosen when memory is short.
# Must: be refused.
# Problem: out of reach|not allowed while grading
import os

for path in ("/proc/self/autogroup", "/proc/self/oom_score_adj", "/proc/self/timerslack_ns", "/proc/self/comm"):
    try:
        open(path, "w").write("-20")
    except OSError:
        continue
    raise SystemError(f"{path} was written")
for change in (lambda: os.nice(-5), lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))):
    try:
        change()
    except PermissionError:
        continue
    raise SystemError("it was let through")
os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
