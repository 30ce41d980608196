# Tries: to move the solutions into its own folder.
# Must: be refused.
# Problem: out of reach|Invalid cross-device link
import os

os.rename(PLANTED["solutions"], "mine.ipynb")
