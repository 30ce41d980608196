# Tries: to send the grader descriptors with an answer, until it has none left.
# Must: be refused.
# Problem: Network access is not available
import os
import socket

conversation = socket.socket(fileno=3)
try:
    socket.send_fds(conversation, [b"x"], [os.open(os.devnull, os.O_RDONLY)] * 250)
finally:
    conversation.detach()
