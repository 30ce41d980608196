# Tries: named pipes, sockets and devices in its folder, on which whoever removes or reads them waits.
# Must: be refused.
# Problem: not allowed while grading
import os
import socket
import stat

for make in (
    lambda: os.mknod("null", 0o600 | stat.S_IFCHR, os.makedev(1, 3)),
    lambda: os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(8, 0)),
    lambda: socket.socket(socket.AF_UNIX).bind("socket"),
):
    try:
        make()
    except PermissionError:
        continue
    raise SystemError("it was made")
os.mkfifo("pipe")
