"""Code that runs in the child: executes a notebook's cells, calls the student's functions, sends raw arrays back.

It imports `autograder.sandbox.protocol`, `autograder.sandbox.wire` and its own modules only. It knows no score, no
threshold and no right answer. Begin with `serve.py`.
"""
