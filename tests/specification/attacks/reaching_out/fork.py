# Tries: to fork.
# Must: be refused.
# Problem: not allowed while grading
import os

os.fork()
