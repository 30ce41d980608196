#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds its image. Python 3.11 or newer is needed: choose Ubuntu 24.04.
set -euo pipefail
# Gradescope's own place; tests use another.
root=${AUTOGRADER_ROOT:-/autograder}

if command -v apt-get >/dev/null; then
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3 python3-venv libseccomp2
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  || { echo "Python 3.11 or newer is needed: choose Ubuntu 24.04 in Gradescope's settings."; exit 1; }

python3 -m venv "$root/venv"
# PyTorch's CPU build, so that the image stays small: PIP_EXTRA_INDEX_URL says where it lies, else the usual one comes.
constraints="$root/source/constraints.txt"
if ! "$root/venv/bin/pip" install --quiet -c "$constraints" "$root/source"; then
  sed 's/+cpu//' "$constraints" > "$root/constraints.txt"
  "$root/venv/bin/pip" install --quiet -c "$root/constraints.txt" "$root/source"
fi
"$root/venv/bin/autograder" doctor || echo "*** Here nothing will be graded: see the message above. ***"
