# Tries: to read what a machine keeps for its programs: keys, tokens, passwords, mounts, logs.
# Must: be refused.
# Problem: out of reach
import glob
import os

places = ["/etc/shadow", "/etc/passwd", "/etc/hosts", "/etc/ssh", "/root", "/home", "/run/secrets", "/var/run/secrets"]
places += ["/proc/mounts", "/proc/1/environ", "/proc/net/unix", "/proc/self/mountinfo", "/proc/self/environ", "/sys/class/net"]
places += ["/var/log", "/var/lib", "/boot", "/etc/machine-id", "/dev/shm", "/tmp", "/proc/keys", "/proc/sys/kernel/hostname"]
for place in places:
    try:
        found = os.listdir(place) if os.path.isdir(place) else open(place).read()
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        continue
    raise SystemError(f"{place} is readable")
open("/etc/passwd")
