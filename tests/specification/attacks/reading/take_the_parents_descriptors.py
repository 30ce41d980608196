# Tries: to take over descriptors of the warm process: pidfd_getfd, and /proc/<pid>/fd.
# Must: be refused.
# Problem: not allowed while grading
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for number in range(16):
    try:
        loot(os.read(os.open(f"/proc/{os.getppid()}/fd/{number}", os.O_RDONLY), 10_000))
    except OSError:
        pass
if libc.syscall(434, os.getppid(), 0) < 0:
    raise PermissionError(ctypes.get_errno(), "no pidfd to be had")
