# Tries: to read passwords in the settings of the installation and of its programs.
# Must: be refused.
# Problem: out of reach
import os
import sys

for prefix in {sys.prefix, sys.base_prefix, "/usr/local", "/usr", "/opt", ""}:
    for folder in ("etc", "etc/jupyter", "share/jupyter", "share/nbgrader", "var"):
        try:
            found = os.listdir(f"{prefix}/{folder}")
        except (FileNotFoundError, PermissionError):
            continue
        raise SystemError(f"LOOT {prefix}/{folder} {found}")
    for file in ("etc/jupyter/nbgrader_config.py", "etc/jupyter/jupyter_server_config.json", "etc/pip.conf"):
        try:
            found = open(f"{prefix}/{file}").read()
        except (FileNotFoundError, PermissionError):
            continue
        raise SystemError(f"LOOT {prefix}/{file} {found}")
open("/etc/passwd")
