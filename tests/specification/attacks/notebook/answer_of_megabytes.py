# Tries: a written answer of three megabytes, of words, brackets and spaces, to keep whoever reads it busy.
# Must: be read to its beginning.
def change(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith(("q1", "q2", "q3")) and cell.cell_type == "markdown":
            if cell.metadata.nbgrader.get("solution"):
                cell.source = "word [ <div> $ " * 200_000
                return
