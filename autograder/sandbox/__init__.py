"""Isolation of student code: the warm process, its confined children, and the typed conversation with them.

The sandbox imports the foundation only. Begin with `protocol.py`.
"""

from autograder.sandbox.client import Sandbox, Warm
from autograder.sandbox.conversation import Child, ChildLost, SandboxFault
from autograder.sandbox.limits import Limits

__all__ = ["Child", "ChildLost", "Limits", "Sandbox", "SandboxFault", "Warm"]
