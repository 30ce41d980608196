# Tries: a frame whose array has no elements, and more dimensions of a large size than NumPy can hold.
# Must: be refused.
# Beside: yes
# Problem: more than may be sent
import json
import os
import struct

head = json.dumps({"arrays": [["float32", [0] + [16 * 2**20] * 7]]}).encode()
os.write(3, struct.pack("!4sII", b"WIA1", len(head), 0) + head)
