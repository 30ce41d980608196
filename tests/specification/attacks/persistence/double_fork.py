# Tries: a daemon by the book: fork, leave the session, fork again.
# Must: be refused at the first step.
# Problem: not allowed while grading
import os

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            os.sched_yield()
