# Tries: to send through an allowed pair of sockets to somebody else by name.
# Must: be refused.
# Problem: Network access is not available
import socket

left, right = socket.socketpair()
left.sendto(b"hello", PLANTED["unix"])
