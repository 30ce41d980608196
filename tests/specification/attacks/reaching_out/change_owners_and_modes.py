# Tries: to lock the grader out of its own files.
# Must: be refused.
# Problem: not allowed while grading
import os
import sys

for change in (
    lambda: os.chmod(PLANTED["gradebook"], 0),
    lambda: os.chown(PLANTED["gradebook"], 65534, 65534),
    lambda: os.utime(PLANTED["gradebook"]),
    lambda: os.setxattr(PLANTED["gradebook"], "user.x", b"x"),
    lambda: os.fchmod(os.open(sys.prefix + "/pyvenv.cfg", os.O_RDONLY), 0),
):
    try:
        change()
    except OSError:
        continue
    raise SystemError("a file was changed")
os.chmod(sys.prefix + "/pyvenv.cfg", 0)
