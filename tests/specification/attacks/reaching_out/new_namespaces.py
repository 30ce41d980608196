# Tries: to become root of a user namespace of its own, and to mount over what it likes.
# Must: be refused.
# Problem: not allowed while grading
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) < 0 and libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) < 0:
    raise PermissionError(ctypes.get_errno(), "no namespace, no mount")
