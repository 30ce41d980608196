# Tries: to hide a hundred thousand folders by renaming the one above them again and again.
# Must: be ended, or denied the room, when there are too many.
# Problem: files and folders|No space left
# Beside: yes
import os
import threading

os.mkdir("n0")
inside = os.open("n0", os.O_RDONLY | os.O_DIRECTORY)
moving = True


def move(number=0):
    while moving:
        os.rename(f"n{number}", f"n{number + 1}")
        number += 1


threading.Thread(target=move, daemon=True).start()
try:
    for number in range(100_000):
        os.mkdir(str(number), dir_fd=inside)
finally:
    moving = False
