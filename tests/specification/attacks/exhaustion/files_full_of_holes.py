# Tries: to fill the disk by writing into the holes of files that were made large at once.
# Must: be ended, or denied the room, when there is too much.
# Problem: MiB of files|No space left
import os

files = []
for number in range(60):
    files.append(os.open(str(number), os.O_RDWR | os.O_CREAT))
    os.truncate(files[-1], 15 << 20)
for place in range(0, 15 << 20, 1 << 20):
    for file in files:
        os.pwrite(file, b"x" * (1 << 20), place)
