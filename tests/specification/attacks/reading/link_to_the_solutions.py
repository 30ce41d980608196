# Tries: to reach the solutions by a symbolic link in its own folder.
# Must: be refused: what counts is where the file is, not by which name it is reached.
# Cell: late
# Problem: out of reach
# Bench: yes
import os

if not os.path.lexists("link.ipynb"):
    os.symlink(PLANTED["solutions"], "link.ipynb")
run_answers("link.ipynb")
