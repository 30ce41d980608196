# Tries: to end its conversation with the grader, and to live on.
# Must: be ended, and called so.
import socket
import time

socket.socket(fileno=3).shutdown(socket.SHUT_RDWR)
time.sleep(100)
