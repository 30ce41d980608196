# Tries: a .pth file and a sitecustomize.py in the Python installation that everybody shares.
# Must: be refused.
# Problem: out of reach
import sysconfig

for name in ("evil.pth", "sitecustomize.py"):
    try:
        open(sysconfig.get_paths()["purelib"] + "/" + name, "w").write("import os")
    except PermissionError:
        continue
open(sysconfig.get_paths()["stdlib"] + "/evil.py", "w")
