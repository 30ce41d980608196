# Tries: to write good answers, with arrays of the right law, before anybody asks for them.
# Must: be refused: an answer carries its question's number, which nobody knows in advance.
# Problem: an answer to no question
import json
import os
import struct

for fan_in in range(2, 64):
    weights = (np.random.randn(fan_in, 64) * np.sqrt(2 / fan_in)).astype("<f4")
    header = {"status": "ok", "kind": "tf.Tensor", "dtype": "float32", "shape": [fan_in, 64], "values": 0, "same": False}
    head = json.dumps({**header, "arrays": [["float32", [fan_in, 64]]]}).encode()
    os.write(3, struct.pack("!4sII", b"WIA1", len(head), weights.nbytes) + head + weights.tobytes())
