"""What Q7 asks, as data; the released notebook, the course's settings and its seeds.

It may import the foundation and nothing else. Begin with `questions.py`.
"""
