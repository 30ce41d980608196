# Tries: code that is shown turned around and with letters that nobody sees, so that another grade seems right.
# Must: be shown in reports without what hides it.
# Problem: NameError|SyntaxError
def change(notebook):
    from nbformat.v4 import new_code_cell

    notebook.cells.insert(2, new_code_cell("he\u3164 = 1 \u202e# \u2066stddev\u2069\nraise_\u200bx\nraise NameError('x') # \u202e", id="trojan"))
