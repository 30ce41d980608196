# Tries: to find other submissions' scratch folders beside its own.
# Must: be refused: the folder that they stand in cannot be listed.
# Problem: out of reach
import os

for name in os.listdir(".."):
    loot(str(os.listdir("../" + name)))
