# Tries: a thread that writes answers to the pipe while the collector waits for questions.
# Must: be refused when the first of them meets a question; the cell is left out, and the rest graded.
# Problem: an answer to no question
import json
import os
import struct
import threading
import time


def flood():
    head = json.dumps({"status": "ok", "kind": "tf.Tensor", "arrays": []}).encode()
    while True:
        time.sleep(0.002)
        os.write(3, struct.pack("!4sII", b"WIA1", len(head), 0) + head)


threading.Thread(target=flood, daemon=True).start()
time.sleep(0.3)
