# Tries: to lock libraries and the fonts' cache for itself, so that whoever locks them next waits.
# Must: hold no lock.
# Beside: yes
import fcntl
import os
import sysconfig

held = []
for path in (os.__file__, np.__file__, "/etc/ld.so.cache", os.devnull, sysconfig.get_paths()["purelib"]):
    held.append(os.open(path, os.O_RDONLY))
    fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
