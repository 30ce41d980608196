# Tries: an answer that arrives one byte at a time.
# Must: be taken as the answer that it is, if it is whole in time.
import os
import time


def slowly(header, arrays):
    for byte in frame(header):
        os.write(3, bytes([byte]))
        time.sleep(0.0005)
    return b""


answer_by(slowly)
