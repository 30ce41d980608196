# Tries: to read the warm process's memory, and the grader's.
# Must: be refused.
# Problem: out of reach
import os

open(f"/proc/{PLANTED['grader']}/mem", "rb") if os.getppid() == 1 else open(f"/proc/{os.getppid()}/mem", "rb")
