"""The version of the grader, and of the packages that it grades with."""

from __future__ import annotations

from importlib import metadata

__version__ = "0.2.0"

#: Packages on whose versions a grade depends.
PACKAGES = ("numpy", "scipy", "torch", "tensorflow", "keras", "ipython")
_OTHER_NAMES = {"tensorflow": ("tensorflow-cpu",)}


def package_version(name: str) -> str | None:
    """Return the installed version of a package, without importing it; None if it is not installed."""
    for each in (name, *_OTHER_NAMES.get(name, ())):
        try:
            return metadata.version(each)
        except metadata.PackageNotFoundError:
            continue
    return None
