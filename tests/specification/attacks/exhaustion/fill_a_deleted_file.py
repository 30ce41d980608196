# Tries: to fill the disk with files that no folder shows any more.
# Must: be ended when there is too much.
# Problem: MiB of files|No space left
hoard = []
chunk = b"x" * (1 << 20)
import os

while True:
    hoard.append(open("hidden", "wb"))
    os.unlink("hidden")
    for _ in range(15):
        hoard[-1].write(chunk)
    hoard[-1].flush()
