# Tries: signals to others by calls that carry a value, name a thread or a descriptor.
# Must: be refused.
# Problem: not allowed while grading
import ctypes
import os
import platform

libc = ctypes.CDLL(None)
calls = {"x86_64": (129, 297, 200, 424)}.get(platform.machine(), (138, 240, 130, 424))
for target in (os.getppid(), PLANTED["grader"], 1, -1, 0):
    for call in calls:
        assert libc.syscall(call, target, 15, None, 0) == -1
os.killpg(0, 15)
