"""The one engine: it runs a submission in the sandbox, asks for arrays, has them judged and adds the points up.

It may import `submission`, `sandbox`, `judge`, `report` and `assignment`. Begin with `engine.py`.
"""
