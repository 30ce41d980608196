# Tries: every check cell twice, the second one generous.
# Must: be refused: which of them is meant?
# Refused: more than one cell
def change(notebook):
    for cell in checks(notebook):
        again = type(cell)(cell)
        again.source = "12.0"
        again.id += "-2"
        notebook.cells.append(again)
