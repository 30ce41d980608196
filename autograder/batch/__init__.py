"""Grades a whole class: finds the submissions in a folder, and grades them on this machine or on a cluster.

This room imports `grading` and the rooms below it, but no other instructors' room. Begin with `run.py`.
"""
