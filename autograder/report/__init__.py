"""Shows results: one `Result`, and one file for each output format.

This room imports `assignment` and the foundation, and makes no decisions. Begin with `result.py`.
"""
