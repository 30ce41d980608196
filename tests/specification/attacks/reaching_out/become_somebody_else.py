# Tries: to change its user, its root folder, the clock, the host name.
# Must: be refused.
# Problem: not allowed while grading
import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)
for change in (
    lambda: os.setuid(65534),
    lambda: os.setgroups([]),
    lambda: os.chroot("."),
    lambda: time.clock_settime(time.CLOCK_REALTIME, 0.0),
):
    try:
        change()
    except PermissionError:
        continue
    raise SystemError("it was let through")
assert libc.sethostname(b"x", 1) == -1
os.setuid(65534)
