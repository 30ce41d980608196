# Tries: to end the warm process, and with it the class.
# Must: be refused.
# Problem: not allowed while grading
import os
import signal

for process in (os.getppid(), PLANTED["grader"], -1, 0, -os.getppid()):
    try:
        os.kill(process, 0)  # no signal, but the same permission
    except PermissionError:
        continue
    raise SystemError(f"{process} was signalled")
os.kill(os.getppid(), signal.SIGKILL)
