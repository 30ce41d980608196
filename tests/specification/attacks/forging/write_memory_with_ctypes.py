# Tries: to change the threshold's very bytes in memory.
# Must: not find the judge whose number it could change.
# Problem: out of reach
# Bench: yes
import ctypes

from autograder.judge.criteria import CRITERIA

for criterion in CRITERIA.values():
    for test in criterion.tests:
        ctypes.c_double.from_address(id(test.threshold) + 16).value = 1e9
