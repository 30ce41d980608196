# Tries: a hundred threads that spin without the interpreter's lock, so that whoever runs beside them gets no time.
# Must: slow down itself, and change nobody's result.
# Tolerates: any
# Beside: yes
import ctypes
import mmap
import threading
import time

code = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
code.write(b"\x80\x3f\x00\x74\xfb\xc3")  # here: cmp byte [rdi], 0; je here; ret
spin = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
enough, begin = ctypes.c_char(0), threading.Event()
threading.stack_size(65536)
for _ in range(100):
    threading.Thread(target=lambda: begin.wait() and spin(ctypes.addressof(enough)), daemon=True).start()
begin.set()
time.sleep(0.3)
enough.value = 1
