# Tries: to put another file in the place of the conversation.
# Must: be an end like any other.
# Problem: ended its own process|went on running
import os

os.dup2(os.open(os.devnull, os.O_RDWR), 3)
