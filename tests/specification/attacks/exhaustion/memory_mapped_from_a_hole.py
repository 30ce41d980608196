# Tries: an array on a file of 64 GiB that has no data yet.
# Must: be refused: a file has a largest size.
# Problem: File too large|too large
np.memmap("hole", "float32", "w+", shape=1 << 34)
