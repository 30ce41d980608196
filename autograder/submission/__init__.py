"""The one reader: an untrusted notebook becomes a `Submission`, with remarks on what the reader decided.

It may import `assignment` and the foundation, and it runs nothing. Begin with `reader.py`.
"""
