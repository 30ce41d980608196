# Tries: to map gigabytes that nobody may write, which no limit counts, and to make them writable.
# Must: be counted once they are writable.
import ctypes

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
at = libc.mmap(None, ctypes.c_size_t(4 << 30), 0, 0x4022, -1, ctypes.c_long(0))
part = 64 << 20
got = 0
for place in range(64):
    if libc.mprotect(ctypes.c_void_p(at + place * part), ctypes.c_size_t(part), 3) != 0:
        break
    got += part
if got > 512 << 20:
    raise SystemError(f"{got >> 20} MiB of a limit of 512")
