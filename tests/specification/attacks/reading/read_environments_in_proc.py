# Tries: to read its own first environment, its parent's and the grader's in /proc.
# Must: be refused at each of them.
# Bench: yes
import os

for process in ("self", os.getppid(), PLANTED["grader"], 1):
    try:
        loot(open(f"/proc/{process}/environ").read())
    except OSError:
        pass
