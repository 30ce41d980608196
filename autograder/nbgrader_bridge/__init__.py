"""Connects the grader with nbgrader: its gradebook, the notebooks that graders open, feedback and exports.

This room imports `grading` and the rooms below it, but no other instructors' room. Begin with `preprocessors.py`.
"""
