# Tries: to find the grader's judge among the installed packages: by import, metadata, source and byte code.
# Must: not find it.
# Problem: out of reach|ModuleNotFoundError|cannot import
import glob
import importlib.metadata
import os
import sys

for name in ("autograder", "weight-initialization-autograder"):
    try:
        found = importlib.metadata.distribution(name).files or []
    except importlib.metadata.PackageNotFoundError:
        continue
    for file in found:
        if "judge" in str(file) and os.access(file.locate(), os.R_OK):
            raise SystemError(f"{file} is readable")
for folder in sys.path:
    if glob.glob(f"{folder}/autograder/judge/*"):
        raise SystemError(f"{folder} is readable")
import autograder.judge.judging
