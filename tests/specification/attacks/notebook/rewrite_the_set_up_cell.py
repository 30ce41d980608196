# Tries: a set-up cell that brings its own check along.
# Must: run in the child alone, after the released one, and gain nothing there.
# Bench: yes
def change(notebook):
    setup = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "setup")
    setup.source = setup.source.replace(
        "from autograder import check", "check = lambda name, function: 12.0 if 'initializer' in name else 8.0"
    )
