# Tries: to leave a tree too deep to walk, too long to name, and locked, so that its removal fails.
# Must: be removed all the same, and cost the server nothing; a tree that deep ends its child.
# Tolerates: any
import os

start = os.getcwd()
for depth in range(3000):
    os.mkdir("d" * 100)
    os.chdir("d" * 100)
    if depth % 100 == 0:
        os.symlink("/", "root")
        open("file", "w").close()
os.mkdir("locked", 0)
os.chdir(start)
