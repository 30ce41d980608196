# Tries: the last words of a process that got no memory.
# Must: be told as words that were printed.
# Problem: after it printed that it got no memory
import os

os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
os.abort()
