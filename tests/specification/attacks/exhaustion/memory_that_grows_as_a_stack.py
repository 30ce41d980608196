# Tries: a mapping that grows as a stack does, which the limit on data does not count.
# Must: be refused.
# Beside: yes
import ctypes

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
for kind in (0x122, 0x20122, 0x4122):
    got = libc.mmap(None, ctypes.c_size_t(1 << 30), 3, kind, -1, ctypes.c_long(0))
    if got not in (None, 2**64 - 1):
        ctypes.memset(got, 1, 1 << 30)
        raise SystemError("a gigabyte beyond the limit")
