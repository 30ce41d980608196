# Tries: to hold removed files by messages that nobody receives, where neither folder nor descriptor shows them.
# Must: be refused.
# Problem: Network access is not available
import os
import socket

left, right = socket.socketpair()
while True:
    file = os.open("hidden", os.O_RDWR | os.O_CREAT)
    os.unlink("hidden")
    os.write(file, b"x" * (15 << 20))
    socket.send_fds(left, [b"x"], [file])
    os.close(file)
