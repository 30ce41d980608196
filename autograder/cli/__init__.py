"""The `autograder` command: one file for each command, with its options, its messages and its exit status.

This room may import every other room, and no other room imports it. Begin with `app.py`.
"""
