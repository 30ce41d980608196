# Tries: to leave files behind in every child, by names that the clean-up may use itself, and to have many children.
# Must: be removed, each time.
import os

for number in range(1, 60):
    os.makedirs(f".{number}.to-be-removed/x")
for number in range(28):
    open(f"treasure{number}", "wb").write(b"x" * (1 << 20))
os.abort()
