# Tries: a report without end: dozens of failing cells, each with much to say.
# Must: be cut short.
# Problem: These, too, raised
def change(notebook):
    from nbformat.v4 import new_code_cell

    for number in range(60):
        notebook.cells.insert(2, new_code_cell("raise ValueError('x' * 10_000)", id=f"x{number}"))
