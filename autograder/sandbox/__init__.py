"""Runs a submission's code in a confined child of a warm process; only raw arrays come back."""

from autograder.sandbox.client import Sandbox, Warm
from autograder.sandbox.conversation import Child, ChildLost, SandboxFault
from autograder.sandbox.limits import Limits

__all__ = ["Child", "ChildLost", "Limits", "Sandbox", "SandboxFault", "Warm"]
