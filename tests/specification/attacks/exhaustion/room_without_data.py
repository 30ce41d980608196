# Tries: fallocate, which takes room on the disk beyond every limit on a file's size.
# Must: be refused.
import ctypes
import os

libc = ctypes.CDLL(None)
file = os.open("big", os.O_RDWR | os.O_CREAT)
for mode in (1, 0, 16, 17):
    assert libc.fallocate(file, mode, ctypes.c_long(0), ctypes.c_long(1 << 30)) == -1
assert os.fstat(file).st_blocks * 512 < 1 << 20
