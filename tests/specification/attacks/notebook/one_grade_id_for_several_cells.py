# Tries: one grade id for cells of each kind, worth ninety-nine points each.
# Must: be read by what stands in them; the wrong code stays wrong.
# Tolerates: any
def change(notebook):
    for cell in notebook.cells[-3:]:
        about = {"grade": True, "solution": True, "locked": False, "points": 99}
        cell.metadata.nbgrader = {"grade_id": "q7_tf_initializer", **about}
