# Tries: every check cell twice, the second one generous.
# Must: count for nothing: which points there are, the release says.
def change(notebook):
    for cell in checks(notebook):
        again = type(cell)(cell)
        again.source = "12.0"
        again.id += "-2"
        notebook.cells.append(again)
