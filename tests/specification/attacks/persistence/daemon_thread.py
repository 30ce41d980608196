# Tries: threads that run for ever, to be there when the next submission is graded.
# Must: end with the child.
import threading
import time


def stay():
    while True:
        time.sleep(0.01)
        np.random.randn = lambda *shape: np.zeros(shape)


for _ in range(8):
    threading.Thread(target=stay, daemon=False).start()
