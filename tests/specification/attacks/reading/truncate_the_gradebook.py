# Tries: not to read, but to empty the gradebook.
# Must: be refused, by its name and through a descriptor.
# Problem: not allowed while grading
import os

try:
    os.truncate(PLANTED["gradebook"], 0)
except PermissionError:
    os.open(PLANTED["gradebook"], os.O_RDONLY | os.O_TRUNC)
