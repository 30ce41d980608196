# Tries: half a gigabyte in removed files that messages hold which nobody receives.
# Must: be refused, or bounded.
import array
import os
import socket

pairs = [socket.socketpair() for _ in range(4)]
for number in range(36):
    file = os.open("hidden", os.O_RDWR | os.O_CREAT)
    os.unlink("hidden")
    os.write(file, b"x" * (15 << 20))
    left, _ = pairs[number % 4]
    left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
    os.close(file)
