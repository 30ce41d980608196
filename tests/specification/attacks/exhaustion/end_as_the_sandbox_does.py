# Tries: the exit code that stands for a child that could not be set up, which would be the grader's fault.
# Must: be an end like any other.
# Problem: exit code 70
import os

os._exit(70)
