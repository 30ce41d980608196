# Tries: check cells that are worth a thousand points each.
# Must: be worth what the release says.
# Bench: yes
def change(notebook):
    for cell in checks(notebook):
        cell.metadata.nbgrader.points = 1000
