# Tries: tens of thousands of mappings, which whoever looks at them has to list.
# Must: hurt itself alone.
# Tolerates: any
import ctypes

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
at = libc.mmap(None, ctypes.c_size_t(70_000 * 4096), 1, 0x22, -1, ctypes.c_long(0))
for number in range(0, 70_000, 2):
    if libc.mprotect(ctypes.c_void_p(at + number * 4096), ctypes.c_size_t(4096), 0) != 0:
        break
