"""Titles of the assignment and its parts. This module imports nothing, so that every report can afford it."""

from __future__ import annotations

TITLE = "Weight Initialization Techniques"
#: A framework's name as people write it, and where there is little room.
FRAMEWORKS = {"tensorflow": "TensorFlow", "torch": "PyTorch"}
SHORT_NAMES = {"tensorflow": "tf", "torch": "torch"}
