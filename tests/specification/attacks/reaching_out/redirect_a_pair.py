# Tries: to send through an allowed pair of sockets to somebody else by name.
# Must: be refused.
# Problem: not allowed while grading
import socket

left, right = socket.socketpair()
left.sendto(b"hello", PLANTED["unix"])
