"""Collects submissions from folders, zip files and pull requests, and finds out whose they are.

This room imports `grading` and the rooms below it, but no other instructors' room. Begin with `files.py`.
"""
