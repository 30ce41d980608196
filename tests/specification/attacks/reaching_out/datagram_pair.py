# Tries: a pair of datagram sockets, which could send to any Unix socket by its name.
# Must: be refused.
# Problem: Network access is not available
import socket

left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
left.sendto(b"hello", PLANTED["unix"])
