# Tries: all of the machine's memory, by every kind of mapping: as a stack, shared, of a file without a name.
# Must: be refused or ended at the limit.
import ctypes
import os

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
kinds = [(0x122, -1), (0x22, -1), (0x21, -1), (0x20122, -1)]
if hasattr(os, "memfd_create"):
    try:
        kinds.append((0x1, os.memfd_create("x")))
    except OSError:
        pass
for kind, file in kinds:
    for _ in range(12):
        got = libc.mmap(None, ctypes.c_size_t(256 << 20), 3, kind, file, ctypes.c_long(0))
        if got in (None, 2**64 - 1):
            break
        ctypes.memset(got, 1, 256 << 20)
