# Tries: to become another program.
# Must: be refused.
# Problem: out of reach
import os

os.execv("/bin/sh", ["sh", "-c", "id"])
