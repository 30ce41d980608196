# Tries: threads whose stacks have half a gigabyte each.
# Must: be denied the memory.
# Problem: RuntimeError|MemoryError
import threading
import time

threading.stack_size(500 << 20)
for _ in range(200):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
