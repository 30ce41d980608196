# Tries: to fill the disk with files that are mapped, closed and removed: neither a folder nor a descriptor shows them.
# Must: be ended when there is too much.
# Problem: MiB of files|No space left|SIGBUS
import mmap
import os
import time

hoard = []
for _ in range(64):
    with open("hidden", "w+b") as file:
        file.truncate(15 << 20)
        hoard.append(mmap.mmap(file.fileno(), 0))
    os.unlink("hidden")
    hoard[-1].write(b"x" * (15 << 20))
time.sleep(60)
