# Tries: a TCP connection to a server on this machine.
# Must: be refused.
# Problem: Network access is not available
import socket

socket.create_connection(("127.0.0.1", PLANTED["port"]), timeout=2).sendall(b"hello")
