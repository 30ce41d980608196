# Tries: to fill the disk with a gigabyte a call, and with thousands of files of the largest size.
# Must: be refused, or ended at the limit.
import ctypes
import os

libc = ctypes.CDLL(None)
for number in range(4096):
    file = os.open(f"big{number}", os.O_RDWR | os.O_CREAT)
    for mode, size in ((1, 1 << 30), (0, 16 << 20)):
        libc.fallocate(file, mode, ctypes.c_long(0), ctypes.c_long(size))
    os.posix_fallocate(file, 0, 16 << 20)
    os.close(file)
