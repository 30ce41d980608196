# Tries: output without end, on both streams.
# Must: be ended when its time is up; the rest is graded.
# Waits: yes
# Problem: had not finished
import os

while True:
    os.write(1, b"\x1b[31mflood\n" * 10_000)
    os.write(2, b"::error::flood\n" * 10_000)
