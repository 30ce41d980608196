import os, sys

for _ in range(200):
    print("x" * 100_000)
    print("y" * 100_000, file=sys.stderr)
os.write(1, b"z" * 10_000_000)
