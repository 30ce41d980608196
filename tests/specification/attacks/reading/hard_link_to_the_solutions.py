# Tries: to give the solutions a second name in its own folder, and to read them by that one.
# Must: be refused: files do not cross into the scratch folder.
# Cell: late
# Problem: cross-device
import os

os.link(PLANTED["solutions"], "mine.ipynb")
run_answers("mine.ipynb")
