# Tries: a frame whose header is nested a hundred thousand deep.
# Must: be refused.
# Beside: yes
# Problem: not JSON
import os
import struct

os.write(3, struct.pack("!4sII", b"WIA1", 100_000, 0) + b"[" * 100_000)
