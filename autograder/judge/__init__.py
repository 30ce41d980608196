"""The judge receives arrays and returns verdicts; every statistical decision has a stated error rate.

The judge imports NumPy, SciPy and `assignment` only, and never sees a submission. Begin with `README.md`.
"""
