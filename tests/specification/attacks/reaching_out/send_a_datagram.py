# Tries: a UDP datagram.
# Must: be refused.
# Problem: Network access is not available
import socket

socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", PLANTED["port"]))
