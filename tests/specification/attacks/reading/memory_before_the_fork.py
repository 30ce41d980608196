# Tries: to find secrets in the memory that it was born with, which the warm process had before it.
# Must: find none.
import ctypes
import re

found = []
for line in open("/proc/self/maps"):
    match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw.p \S+ \S+ 0 +(\[heap\])?$", line)
    if match:
        found.append((int(match[1], 16), int(match[2], 16)))
assert found
sign = b"can" + b"ary-"
for start, end in found[:400]:
    if end - start > 64 << 20:
        continue
    text = ctypes.string_at(start, end - start)
    for place in re.finditer(sign + b"[0-9a-f]{32}", text):
        raise SystemError("LOOT " + place.group().decode())
