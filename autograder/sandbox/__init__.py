"""The isolation of student code belongs here: the warm process, its confined children, and the typed conversation.

It may import the foundation and nothing else.
Begin with `protocol.py`.
"""

from autograder.sandbox.client import Sandbox, Warm
from autograder.sandbox.conversation import Child, ChildLost, SandboxFault
from autograder.sandbox.limits import Limits

__all__ = ["Child", "ChildLost", "Limits", "Sandbox", "SandboxFault", "Warm"]
