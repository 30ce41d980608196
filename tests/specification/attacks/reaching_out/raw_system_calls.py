# Tries: by ctypes, the raw numbers of what is refused: socket, fork, clone3, io_uring, bpf, userfaultfd, keyctl.
# Must: be refused.
# Problem: not allowed while grading
import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": [41, 57, 58, 435, 425, 321, 323, 250, 310, 165, 272, 308, 298, 434, 424, 29, 68, 240, 246]}
others = [198, 435, 425, 280, 282, 219, 40, 97, 268, 241, 434, 424, 194, 186, 180]
for number in numbers.get(platform.machine(), others):
    if libc.syscall(ctypes.c_long(number), 1, 1, 0, 0, 0, 0) >= 0:
        raise SystemError(f"system call {number} was let through")
raise PermissionError(ctypes.get_errno(), "none of them was let through")
