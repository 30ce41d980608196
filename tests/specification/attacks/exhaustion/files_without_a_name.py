# Tries: files that never had a name, held open until the disk is full.
# Must: be ended, or denied the room, when there is too much.
# Problem: MiB of files|No space left
# Beside: yes
import os

hoard = []
while True:
    hoard.append(os.open(".", os.O_TMPFILE | os.O_RDWR))
    os.write(hoard[-1], b"x" * (15 << 20))
