# Tries: process_vm_readv and ptrace on the warm process, by ctypes.
# Must: be refused.
# Problem: not allowed while grading
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
results = [libc.ptrace(16, os.getppid(), 0, 0), libc.process_vm_readv(os.getppid(), None, 0, None, 0, 0)]
if results == [-1, -1]:
    raise PermissionError(ctypes.get_errno(), "neither traced nor read")
