"""The engine: runs a submission in the sandbox, asks it for arrays, lets the judge decide, and adds up the points.

This room imports `submission`, `sandbox`, `judge`, `report` and `assignment` only. Begin with `engine.py`.
"""
