# Tries: to leave notes for the next child in shared memory, in a semaphore, in /dev/shm and /tmp.
# Must: be refused at each of them.
# Problem: out of reach
import ctypes
import multiprocessing.shared_memory
import pathlib

libc = ctypes.CDLL(None, use_errno=True)
assert libc.shmget(0x5EED, 4096, 0o1600) == -1
assert libc.semget(0x5EED, 1, 0o1600) == -1
assert libc.msgget(0x5EED, 0o1600) == -1
for leave in (
    lambda: multiprocessing.shared_memory.SharedMemory("autograder-note", create=True, size=4096),
    lambda: multiprocessing.Semaphore(),
    lambda: pathlib.Path("/dev/shm/autograder-note").write_text("x"),
    lambda: pathlib.Path("/var/tmp/autograder-note").write_text("x"),
):
    try:
        leave()
    except OSError:
        continue
    raise SystemError("a note was left")
pathlib.Path("/tmp/autograder-note").write_text("x")
