# Tries: a table of descriptors for each thread, so that each has as many as the whole process may have.
# Must: be refused.
# Problem: not allowed while grading
# Beside: yes
import ctypes
import os

if ctypes.CDLL(None, use_errno=True).syscall(436, ctypes.c_uint(900), ctypes.c_uint(901), 2) == -1:
    raise PermissionError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
