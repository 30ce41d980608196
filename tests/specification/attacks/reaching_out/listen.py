# Tries: to listen for connections.
# Must: be refused.
# Problem: Network access is not available
import socket

socket.create_server(("127.0.0.1", 0))
