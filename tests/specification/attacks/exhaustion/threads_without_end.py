# Tries: threads without end.
# Must: be ended when it has started too many.
# Beside: yes
# Problem: threads
import threading
import time

threading.stack_size(65536)
while True:
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError:
        time.sleep(0.01)
