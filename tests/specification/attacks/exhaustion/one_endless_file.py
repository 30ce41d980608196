# Tries: one file without end.
# Must: be an OSError (file too large) in its cell.
# Problem: File too large
with open("big", "wb") as file:
    while True:
        file.write(b"x" * (1 << 20))
