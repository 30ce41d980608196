# Tries: an exit handler that writes a perfect report when everything is over.
# Must: never run: the child is ended, not asked to leave.
# Bench: yes
import atexit
import os


@atexit.register
def report():
    for name in ("result.json", "results.json", "grades.csv"):
        with open(name, "w") as file:
            file.write('{"score": 40.0}')
    os.write(1, b'{"score": 40.0}')
