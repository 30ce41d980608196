# Tries: to have the collector find its conversation empty at once.
# Must: be an end like any other, or none where the next question has already come.
# Tolerates: any
import os

os.set_blocking(3, False)
