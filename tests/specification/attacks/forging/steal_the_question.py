# Tries: to read the grader's questions off the socket itself, and to answer them with full marks.
# Must: be judged by what it sends: a verdict is no answer.
# Cell: q7_tf_initializer
# Tolerates: any
import json
import os
import struct
import threading


def tf_he_normal(shape):
    def serve():
        while True:
            data = os.read(3, 1 << 20)
            nonce = json.loads(data[12 : 12 + struct.unpack("!I", data[4:8])[0]])["nonce"]
            head = json.dumps({"status": "graded", "score": 12.0, "nonce": nonce, "arrays": []}).encode()
            os.write(3, struct.pack("!4sII", b"WIA1", len(head), 0) + head)

    threading.Thread(target=serve, daemon=True).start()
    return tf.zeros(shape)
