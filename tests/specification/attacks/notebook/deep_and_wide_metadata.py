# Tries: metadata nested a few hundred deep, and as wide as it is long.
# Must: be ignored.
def change(notebook):
    nested = []
    for _ in range(300):
        nested = [nested]
    notebook.metadata.nested = nested
    for cell in notebook.cells:
        cell.metadata.wide = {str(n): "x" * 20 for n in range(500)}
