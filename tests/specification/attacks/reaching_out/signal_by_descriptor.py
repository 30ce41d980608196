# Tries: to have the kernel signal the warm process when a pipe has news (F_SETOWN, F_SETSIG).
# Must: be refused.
# Problem: not allowed while grading
import fcntl
import os

reader, writer = os.pipe()
fcntl.fcntl(reader, 10, 9)
fcntl.fcntl(reader, 8, os.getppid())
fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
os.write(writer, b"x")
