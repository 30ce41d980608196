# Tries: a Unix socket in the file system, of the kind that container engines and agents listen on.
# Must: be refused.
# Problem: Network access is not available
import socket

with socket.socket(socket.AF_UNIX) as client:
    client.connect(PLANTED["unix"])
