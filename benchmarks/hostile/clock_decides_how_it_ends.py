# Tries: to end in another way in each run, so that no two runs agree, and to use up all time besides.
# Must: be graded after few runs.
# Seconds: 40
# Times: 2
import time

if not hasattr(time, "seen"):
    time.seen = True
    raise RuntimeError(f"it is {time.time_ns()}")
time.sleep(100)
