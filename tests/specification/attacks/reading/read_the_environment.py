# Tries: to find secrets of the grader's in its own environment.
# Must: find none: a child's environment is a list of a few known names.
# Bench: yes
import os

loot(repr(dict(os.environ)))
loot(open("/proc/self/environ").read() if os.access("/proc/self/environ", os.R_OK) and False else "")
