# Tries: to copy a library of many megabytes again and again, without a byte passing through this process.
# Must: be denied a file so large.
# Problem: File too large|No space left|MiB of files
import os

with open(torch.__path__[0] + "/lib/libtorch_cpu.so", "rb") as library, open("copy", "wb") as copy:
    while True:
        os.sendfile(copy.fileno(), library.fileno(), 0, 1 << 30)
