"""What is made for others: the students' repository, the Gradescope zip, web pages, and their templates.

It may import `submission`, `report` and `assignment`, and never the engine. Begin with `student_repository.py`.
"""
