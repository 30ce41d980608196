# Tries: timers and handlers for every signal, to be called when it is over.
# Must: end with the child.
import signal

for number in range(1, signal.NSIG):
    try:
        signal.signal(number, lambda *_: None)
    except (OSError, ValueError):
        pass
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
