# Tries: half a frame, and then silence.
# Must: be ended when its time is up.
# Waits: yes
# Problem: had not finished
import os
import struct
import time

os.write(3, struct.pack("!4sII", b"WIA1", 100, 100) + b"{")
time.sleep(60)
