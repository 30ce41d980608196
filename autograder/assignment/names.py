"""Titles of the assignment and its frameworks. The module imports nothing, so every module can import it at no cost."""

from __future__ import annotations

TITLE = "Weight Initialization Techniques"
#: Names of the frameworks for people, and short ones for tables.
FRAMEWORKS = {"tensorflow": "TensorFlow", "torch": "PyTorch"}
SHORT_NAMES = {"tensorflow": "tf", "torch": "torch"}
