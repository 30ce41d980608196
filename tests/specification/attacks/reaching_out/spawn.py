# Tries: to start a program by posix_spawn, and multiprocessing by every method.
# Must: be refused.
# Problem: Other programs and processes
import multiprocessing
import os

for start in (lambda: os.posix_spawn("/bin/true", ["true"], {}), lambda: os.forkpty()):
    try:
        start()
    except OSError:
        continue
    raise SystemError("it started")
context = multiprocessing.get_context("fork")
context.Process(target=print).start()
