# Tries: a hundred megabytes by print.
# Must: be cut off, and graded as if nothing had been printed.
for _ in range(100):
    print("x" * 1_000_000)
