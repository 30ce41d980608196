# Tries: to take all of the memory, from Python.
# Must: be a MemoryError in its cell.
# Beside: yes
# Problem: MemoryError
hoard = []
while True:
    hoard.append(bytearray(256 << 20))
