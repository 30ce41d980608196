"""One `Result`, and one file for each format that shows it.

It may import `assignment` and the foundation, and it decides nothing. Begin with `result.py`.
"""
