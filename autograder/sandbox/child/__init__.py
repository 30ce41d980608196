"""Runs in the child: executes a notebook's cells, calls the student's functions, sends back raw arrays.

It may import `autograder.sandbox.protocol`, `autograder.sandbox.wire` and its own modules, and knows no score,
no threshold and no right answer. Begin with `serve.py`.
"""
