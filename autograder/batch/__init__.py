"""A whole class: which submissions a folder holds, and grading them all, on this machine or on a cluster.

It may import `grading` and the rooms below it, but no other room of the instructors'. Begin with `run.py`.
"""
