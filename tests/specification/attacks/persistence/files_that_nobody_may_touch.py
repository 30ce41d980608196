# Tries: files and folders without any right, with attributes, and as another user's.
# Must: be removed all the same.
# Problem: not allowed while grading
import os

os.makedirs("locked/inside")
open("locked/inside/file", "w").close()
for number in range(20):
    os.mkdir(f"locked/none{number}", 0)
os.close(os.open("locked/none", os.O_CREAT | os.O_WRONLY, 0))
try:
    os.chown("locked", 65534, 65534)
finally:
    os.setxattr("locked", "user.x", b"x")
