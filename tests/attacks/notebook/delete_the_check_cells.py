# Tries: a notebook without check cells, to keep an earlier grade.
# Must: be refused.
# Refused: lacks the cell
def change(notebook):
    for cell in checks(notebook):
        notebook.cells.remove(cell)
