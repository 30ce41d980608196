# Tries: a file of which every name is one more entry, and no more data.
# Must: be ended, or denied the room, when there are too many.
# Problem: files and folders|No space left|Too many links
import os

open("file", "w").close()
for number in range(100_000):
    os.link("file", f"{number}" + "n" * 200)
