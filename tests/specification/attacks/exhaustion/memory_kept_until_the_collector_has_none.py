# Tries: to keep all memory, and to leave the collector none to answer with.
# Must: cost itself the cell or the questions, and gain nothing.
# Tolerates: any
hoard = []
try:
    while True:
        hoard.append(bytearray(64 << 20))
except MemoryError:
    pass
try:
    while True:
        hoard.append(bytearray(4096))
except MemoryError:
    pass
