# Tries: stubs and check cells that say they are no solutions and need no grade.
# Must: be graded as the release says.
# Bench: yes
def change(notebook):
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(solution=False, grade=False)
