# Tries: to end the main thread, whose descriptors the kernel then shows no more, and to fill the disk from another.
# Must: be ended, or denied the room, when there is too much.
# Tolerates: any
# Waits: yes
import ctypes
import os
import platform
import threading
import time


def fill():
    hoard = []
    while True:
        hoard.append(os.open("hidden", os.O_RDWR | os.O_CREAT))
        os.unlink("hidden")
        os.write(hoard[-1], b"x" * (15 << 20))


threading.Thread(target=fill, daemon=True).start()
ctypes.CDLL(None).syscall(60 if platform.machine() == "x86_64" else 93, 0)
