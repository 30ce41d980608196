"""Submissions from where students hand them in, to `submitted/`: folders, zips of learning platforms, pull requests.

This room may import `report` (the pull request as data), `assignment` and the foundation; it grades nothing and runs
nothing. Begin with `files.py`, whose `place` puts every collected notebook where nbgrader expects it.
"""
