# Tries: sockets of every other kind: raw, packet, netlink, Bluetooth, vsock, kernel crypto.
# Must: be refused.
# Problem: Network access is not available
import socket

made = []
for family in [*range(1, 46)]:
    for kind in (1, 2, 3, 5):
        try:
            made.append(socket.socket(family, kind))
        except OSError:
            pass
assert made == []
socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
