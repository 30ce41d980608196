# Tries: check cells unlocked, and rewritten into numbers.
# Must: not run from this copy.
# Bench: yes
def change(notebook):
    for cell in checks(notebook):
        cell.metadata.nbgrader.update(locked=False, grade=True, solution=True)
        cell.source = "12.0"
