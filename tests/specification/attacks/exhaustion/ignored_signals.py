# Tries: to block and ignore every signal, and to sleep.
# Must: be ended when its time is up.
# Waits: yes
# Problem: had not finished
import signal
import time

for number in range(1, signal.NSIG):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
