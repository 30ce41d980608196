# Tries: memory that is shared with nobody, so that the data-segment limit does not count it.
# Must: be refused.
# Problem: not allowed while grading
import ctypes
import mmap
import os

hoard = []
for get in (
    lambda: mmap.mmap(-1, 1 << 30),
    lambda: os.memfd_create("hoard"),
    lambda: os.open("/dev/zero", os.O_RDWR),
):
    try:
        hoard.append(get())
    except PermissionError:
        pass
if not hoard:
    mmap.mmap(-1, 8 << 30)
