# Tries: files without end.
# Must: be ended when it has made too many, or when its time is up.
# Problem: files and folders|had not finished|No space left
import os

os.mkdir("many")
for number in range(10_000_000):
    open(f"many/{number}", "w").close()
