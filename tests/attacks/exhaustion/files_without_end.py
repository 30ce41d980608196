# Tries: files without end.
# Must: be ended when it has made too many.
# Problem: files and folders
import os

os.mkdir("many")
for number in range(10_000_000):
    open(f"many/{number}", "w").close()
