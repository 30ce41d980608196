# Tries: private copies of a library's pages, in mappings that begin as a file's.
# Must: be counted as any memory is.
# Problem: Cannot allocate memory|MemoryError|used more than
import mmap

hoard = []
with open(torch.__path__[0] + "/lib/libtorch_cpu.so", "rb") as library:
    while True:
        hoard.append(mmap.mmap(library.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=3))
