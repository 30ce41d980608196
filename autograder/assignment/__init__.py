"""The assignment: the questions as data, the released notebook, the course's settings, and seeds.

This room imports the foundation only. Begin with `questions.py`.
"""
