# Tries: to fill the disk, with many files of allowed size.
# Must: be ended when there is too much.
# Problem: MiB of files|No space left
chunk = b"x" * (1 << 20)
for number in range(1_000_000):
    with open(str(number), "wb") as file:
        for _ in range(15):
            file.write(chunk)
