# Tries: a frame that announces four gigabytes.
# Must: be refused before any of them is kept.
# Problem: more than may be sent
import os
import struct

os.write(3, struct.pack("!4sII", b"WIA1", 2**32 - 1, 2**32 - 1) + b"x" * 100_000)
