# Tries: to open files without end.
# Must: be an OSError in its cell.
# Problem: Too many open files
import os

while True:
    os.open("/dev/null", os.O_RDONLY)
