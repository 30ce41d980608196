"""How submissions arrive: folders, a platform's zip, pull requests, and the roster that says whose they are.

It may import `grading` and the rooms below it, but no other room of the instructors'. Begin with `files.py`.
"""
