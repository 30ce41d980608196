# Tries: one id for every cell, and one grade id for cells of each kind.
# Must: be read by what stands in them; the wrong code stays wrong.
# Tolerates: any
def change(notebook):
    for cell in notebook.cells:
        cell.id = "same"
    for cell in notebook.cells[-3:]:
        cell.metadata.nbgrader = {"grade_id": "q7_tf_initializer", "grade": True, "solution": True, "locked": False, "points": 99}
