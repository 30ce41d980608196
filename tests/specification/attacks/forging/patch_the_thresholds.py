# Tries: to raise the judge's thresholds until everything passes.
# Must: not find the judge.
# Problem: out of reach
# Bench: yes
from autograder.judge.criteria import CRITERIA

for criterion in CRITERIA.values():
    for test in criterion.tests:
        object.__setattr__(test, "threshold", 1e9)
