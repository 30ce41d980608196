# Tries: to change the threshold's very bytes in memory.
# Must: not find the judge whose number it could change.
# Problem: out of reach
# Bench: yes
import ctypes

import autograder.judge.initializer as initializer
import autograder.judge.model as model

for module in (initializer, model):
    for name, value in vars(module).items():
        if name.endswith("_THRESHOLD"):
            ctypes.c_double.from_address(id(value) + 16).value = 1e9
