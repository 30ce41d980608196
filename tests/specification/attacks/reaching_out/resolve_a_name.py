# Tries: to look up a name.
# Must: be refused.
# Problem: Network access is not available
import socket

socket.getaddrinfo("example.com", 80)
