# Tries: to read whatever descriptors it was born with.
# Must: find the three standard ones and the conversation, and nothing in them.
# Bench: yes
import os

for descriptor in [0, *range(4, 256)]:
    try:
        os.lseek(descriptor, 0, 0)
        loot(os.read(descriptor, 1 << 20))
    except OSError:
        pass
