"""What is made of this repository for others: the students' repository, Gradescope's zip, a notebook as a web page.

This room may import `report`, `assignment` and the foundation. Begin with `student_repository.py`; which files go
where says `autograder/places.py`.
"""
