# Tries: to stop itself by a signal, so that nothing is left running that could be ended.
# Must: be refused.
# Problem: not allowed while grading
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
