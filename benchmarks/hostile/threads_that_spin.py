# Tries: as many threads as it may have, all of which spin without the interpreter's lock until its time is up.
# Must: slow down its neighbours no further than two processes do, and change nobody's result.
# Seconds: 40
import ctypes
import mmap
import threading
import time

code = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
code.write(b"\xeb\xfe")
spin = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
threading.stack_size(65536)
for _ in range(100):
    threading.Thread(target=spin, daemon=True).start()
time.sleep(100)
