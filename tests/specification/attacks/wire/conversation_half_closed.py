# Tries: to close its end for reading, so that no question can be sent, and to go on running.
# Must: be ended at once.
# Problem: went on running
import socket
import time

socket.socket(fileno=3).shutdown(socket.SHUT_RD)
time.sleep(60)
