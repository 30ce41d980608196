# Tries: a million folders below one that is renamed all the time, so that nobody can count or remove them.
# Must: be ended, or denied the room; the removal must keep nobody waiting.
import os
import threading

os.mkdir("n0")
inside = os.open("n0", os.O_RDONLY | os.O_DIRECTORY)


def move(number=0):
    while True:
        os.rename(f"n{number}", f"n{number + 1}")
        number += 1


threading.Thread(target=move, daemon=True).start()
for number in range(1_000_000):
    try:
        os.mkdir(str(number), dir_fd=inside)
    except OSError:
        pass
