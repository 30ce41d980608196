# Tries: to have the collector find its conversation empty at once.
# Must: be an end like any other.
# Problem: ended its own process
import os

os.set_blocking(3, False)
