# Tries: timers without end, of which the kernel has so many for all processes of a user together.
# Must: be refused.
# Beside: yes
import ctypes
import platform

libc = ctypes.CDLL(None)
made = sum(libc.syscall(222 if platform.machine() == "x86_64" else 107, 1, None, ctypes.byref(ctypes.c_int())) == 0 for _ in range(99))
assert made == 0
