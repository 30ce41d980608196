"""Makes what a course publishes: the students' repository, the Gradescope zip and web pages, with their templates.

This room imports `submission`, `report` and `assignment`, and never the engine. Begin with `student_repository.py`.
"""
