# Tries: grade ids that lead out of a folder, are endless, or are no text.
# Must: be nobody's file and nobody's question.
# Tolerates: any
def change(notebook):
    from nbformat.v4 import new_code_cell

    for grade_id in ("../../../gradebook.db", "/etc/passwd", "x" * 100_000, "q7_tf_initializer\n", ["q7_tf_model"], 7, None):
        cell = new_code_cell("1", metadata={"nbgrader": {"grade_id": grade_id, "grade": True, "points": 40, "schema_version": 3}})
        notebook.cells.insert(3, cell)
