# Tries: NaN, infinities and integers of a thousand digits in the metadata.
# Must: be ignored.
def change(notebook):
    notebook.metadata.odd = [float("nan"), float("inf"), -(10**1000)]
    for cell in checks(notebook):
        cell.metadata.nbgrader.points = float("nan")
        cell.metadata.nbgrader.schema_version = 10**30
