"""Arrays in, verdicts out: every statistical decision has a stated error rate.

It may import NumPy, SciPy and `assignment`, and it never sees a submission. Begin with `README.md`.
"""
