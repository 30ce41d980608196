# Tries: to have a small mapping grow to gigabytes by mremap.
# Must: be counted as any memory is.
import ctypes

libc = ctypes.CDLL(None)
libc.mmap.restype = libc.mremap.restype = ctypes.c_void_p
at = ctypes.c_void_p(libc.mmap(None, ctypes.c_size_t(4096), 3, 0x22, -1, ctypes.c_long(0)))
grown = libc.mremap(at, ctypes.c_size_t(4096), ctypes.c_size_t(2 << 30), 1)
if grown not in (None, 2**64 - 1):
    ctypes.memset(grown, 1, 2 << 30)
    raise SystemError("two gigabytes beyond the limit")
