"""The marking desk: written answers are marked question by question, in nbgrader's own gradebook.

Begin with `store.py`, which everything else calls. `model.py` has its types, `tables.py` the desk's own tables.
"""
