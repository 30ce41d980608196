# Tries: symbolic links with the longest targets that there are.
# Must: be ended, or denied the room, when there are too many.
# Problem: files and folders|No space left
import os

for number in range(100_000):
    os.symlink("t" * 4000, str(number))
