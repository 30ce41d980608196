# Tries: a lock on every other byte of a file: memory of the kernel's that no limit counts.
# Must: hold no lock.
# Beside: yes
import fcntl
import os
import struct

file = os.open("locked", os.O_RDWR | os.O_CREAT)
other = os.open("locked", os.O_RDWR)
for place in range(0, 20_000, 2):
    fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, place, 1, 0))
found = fcntl.fcntl(other, 36, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
assert struct.unpack("hhqqi4x", found)[0] == fcntl.F_UNLCK, "a lock is held"
