# Tries: a tag that has the check cells skipped: no output is full credit in some graders.
# Must: count for nothing.
# Bench: yes
def change(notebook):
    for cell in checks(notebook):
        cell.metadata.tags = ["skip-execution"]
