# Tries: to end by the signal that says that its CPU time is used up.
# Must: be told as a signal that it sent itself.
# Problem: ended by SIGXCPU
import os
import signal

os.kill(os.getpid(), signal.SIGXCPU)
