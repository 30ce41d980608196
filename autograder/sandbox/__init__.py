"""Isolation of student code: the warm process, its confined children, and the typed conversation with them.

The sandbox imports the foundation only. Begin with `protocol.py`.
"""

from autograder.limits import Limits
from autograder.sandbox.client import Sandbox, Warm
from autograder.sandbox.conversation import Child, ChildLost, SandboxFault

__all__ = ["Child", "ChildLost", "Limits", "Sandbox", "SandboxFault", "Warm"]
