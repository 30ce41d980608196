# Tries: to end by a signal that has no name.
# Must: be told by its number.
# Problem: signal 37
import os

os.kill(os.getpid(), 37)
