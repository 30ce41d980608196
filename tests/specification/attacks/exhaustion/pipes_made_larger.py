# Tries: pipes of a megabyte each.
# Must: be refused.
# Problem: not allowed while grading
import fcntl
import os

for _ in range(100):
    fcntl.fcntl(os.pipe()[1], fcntl.F_SETPIPE_SZ, 1 << 20)
