# Tries: to read passwords in the installation's own settings.
# Must: be refused.
# Problem: out of reach
import os
import sys

for prefix in {sys.prefix, sys.base_prefix, "/usr/local", "/usr", "/opt", ""}:
    for folder in ("etc", "etc/jupyter", "share/jupyter", "var", "share/nbgrader"):
        try:
            loot(" ".join(os.listdir(f"{prefix}/{folder}")) + " canary-list")
        except (FileNotFoundError, PermissionError):
            continue
open(sys.prefix + "/etc/jupyter/nbgrader_config.py" if os.path.exists(sys.prefix + "/etc/jupyter/nbgrader_config.py") else "/etc/passwd").read()
