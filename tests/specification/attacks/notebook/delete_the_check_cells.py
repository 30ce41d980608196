# Tries: a notebook without check cells, to keep an earlier grade.
# Must: be graded as if they were there: they are the course's own.
def change(notebook):
    for cell in checks(notebook):
        notebook.cells.remove(cell)
