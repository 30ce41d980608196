# Tries: to end in another way each time, by the clock, so that no two runs agree.
# Must: be graded all the same.
# Tolerates: any
# Beside: yes
import ctypes
import os
import time

(os.abort, lambda: os._exit(3), lambda: ctypes.string_at(0), lambda: 1 / 0)[time.time_ns() // 1000 % 4]()
