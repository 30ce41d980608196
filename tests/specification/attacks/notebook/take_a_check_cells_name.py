# Tries: a cell of its own that bears a check cell's grade id, and the check cell with another.
# Must: run as what the release says that this id is: not at all.
def change(notebook):
    check = checks(notebook)[0]
    stolen = check.metadata.nbgrader.grade_id
    check.metadata.nbgrader.grade_id = "mine"
    check.source = "12.0"
    own = notebook.cells[-1]
    own.metadata.nbgrader = {**check.metadata.nbgrader, "grade_id": stolen}
