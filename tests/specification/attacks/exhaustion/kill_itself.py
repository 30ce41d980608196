# Tries: to kill itself as the kernel does when memory is short, so that it is graded again and again.
# Must: be refused.
# Problem: not allowed while grading
import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
