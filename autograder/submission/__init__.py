"""The reader: turns an untrusted notebook into a `Submission`, with remarks on the reader's decisions.

This room imports `assignment` and the foundation, and runs nothing. Begin with `reader.py`.
"""
