"""What a mark is made of: the scheme of a question, the score of an answer, and the comment that gives the reasons.

It also compares answers with each other, and markers. This room reads no gradebook: begin with `scheme.py`.
"""
