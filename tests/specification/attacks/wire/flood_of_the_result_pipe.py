# Tries: gigabytes on the result pipe.
# Must: be refused at the first bytes.
# Beside: yes
# Problem: no answer
import os

while True:
    os.write(3, b"\x00" * (1 << 20))
