# Tries: to kill itself through one of its threads.
# Must: be refused.
# Problem: not allowed while grading
import signal
import threading

signal.pthread_kill(threading.get_ident(), signal.SIGKILL)
