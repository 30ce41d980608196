# Tries: a frame whose array no library can make, in place of every answer.
# Must: be refused as the child's own fault.
import json
import os
import struct

head = json.dumps({"arrays": [["float32", [0] + [16 * 2**20] * 7]]}).encode()
while True:
    os.write(3, struct.pack("!4sII", b"WIA1", len(head), 0) + head)
