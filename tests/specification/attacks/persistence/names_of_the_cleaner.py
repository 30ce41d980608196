# Tries: names in its folder that the grader's own clean-up may use, so that moving a folder there fails.
# Must: be removed all the same.
import os

for number in range(1, 40):
    for name in (f".{number}.to-be-removed", f".{number}", f".{number:016x}", f"autograder-{number:08d}"):
        os.makedirs(f"{name}/x")
        open(f"{name}/file", "w").close()
os.makedirs("autograder-server-x/in-use")
