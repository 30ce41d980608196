# Tries: to close its result pipe.
# Must: be an end like any other.
# Problem: .
import os

os.close(3)
