# Tries: to become another program.
# Must: be refused.
# Problem: not allowed while grading
import os

os.execv("/bin/sh", ["sh", "-c", "id"])
