# Tries: to fill pipes and pairs of sockets to the brim, whose memory is the kernel's.
# Must: be bounded by the number of descriptors and the size of each.
import os
import socket

held, hoard = [], 0
try:
    while True:
        held.append(socket.socketpair())
        for end in held[-1]:
            end.setblocking(False)
            try:
                while True:
                    hoard += end.send(b"x" * 65536)
            except BlockingIOError:
                pass
except OSError:
    pass
for left, right in held[:100]:
    left.close()
    right.close()
try:
    while True:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        try:
            while True:
                hoard += os.write(writer, b"x" * 65536)
        except BlockingIOError:
            pass
except OSError:
    pass
if hoard > 128 << 20:
    raise SystemError(f"{hoard >> 20} MiB of the kernel's")
