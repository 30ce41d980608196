# Tries: locked check cells, rewritten into numbers.
# Must: not run from this copy.
# Bench: yes
def change(notebook):
    for cell in checks(notebook):
        cell.source = "12.0" if "initializer" in cell.source else "8.0"
