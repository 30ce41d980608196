"""The command line: one file a command, in three groups.

`autograder …` is for students and for whoever grades, `autograder course …` for instructors, `autograder dev …` for
developers of the grader. This room may import every other room; no other room imports it. Begin with `app.py`, which
lists the commands and turns every error into one line and an exit code.
"""
