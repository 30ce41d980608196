# Tries: to remove and to replace its own folder, so that the clean-up finds another.
# Must: be refused, and leave nothing.
# Tolerates: any
import os

home = os.path.expanduser("~")
for do in (
    lambda: os.rename(home, home + "-moved"),
    lambda: os.rmdir(home),
    lambda: os.symlink("/", home + "-link"),
    lambda: os.mkdir("../autograder-mine"),
):
    try:
        do()
    except OSError:
        continue
    raise SystemError("the folder above was changed")
