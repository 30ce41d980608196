# Tries: to cut the cord by which a child dies with the warm process (PR_SET_PDEATHSIG).
# Must: be refused.
# Problem: not allowed while grading
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(1, 0, 0, 0, 0) != 0 and libc.prctl(ctypes.c_ulong(1 << 32 | 1), 0, 0, 0, 0) != 0:
    raise PermissionError(ctypes.get_errno(), "the cord holds")
