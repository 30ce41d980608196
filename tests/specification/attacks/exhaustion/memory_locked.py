# Tries: to lock memory, which nobody else gets then, and to take the huge pages of the machine.
# Must: be refused.
import ctypes

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
none = (None, 2**64 - 1)
assert libc.mlockall(3) == -1
assert libc.mmap(None, ctypes.c_size_t(2 << 20), 3, 0x2022, -1, ctypes.c_long(0)) in none, "locked"
assert libc.mmap(None, ctypes.c_size_t(64 << 20), 3, 0x40022, -1, ctypes.c_long(0)) in none, "huge"
