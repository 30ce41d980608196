# Tries: to write frames of its own to the result pipe: a verdict in place of an answer.
# Must: be refused as no answer to any question; the cell is left out, and the rest graded.
# Problem: an answer to no question
import json
import os
import struct

verdict = json.dumps({"status": "graded", "score": 40.0, "max_score": 40.0, "arrays": []}).encode()
os.write(3, struct.pack("!4sII", b"WIA1", len(verdict), 0) + verdict)
