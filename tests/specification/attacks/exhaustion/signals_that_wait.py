# Tries: signals without end that are blocked and wait, of which the kernel has so many for all processes of a user.
# Must: be bounded for itself alone.
import os
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, [40])
sent = 0
try:
    for sent in range(10_000):
        os.kill(os.getpid(), 40)
except BlockingIOError:
    pass
libc = __import__("ctypes").CDLL(None)
waiting = next(line for line in open("/proc/self/status") if line.startswith("SigQ:"))
assert int(waiting.split()[1].split("/")[1]) <= 64, waiting
signal.signal(40, signal.SIG_IGN)
