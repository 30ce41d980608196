"""What nbgrader calls: its gradebook, the notebooks that graders open, feedback and exports.

It may import `grading` and the rooms below it, but no other room of the instructors'. Begin with `preprocessors.py`.
"""
