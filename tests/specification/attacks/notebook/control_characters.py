# Tries: cells and grade ids full of control characters and markup.
# Must: be shown as harmless text.
# Tolerates: any
def change(notebook):
    from nbformat.v4 import new_code_cell

    cell = new_code_cell("# \x1b[2J\x1b]0;A+\x07 <script>alert(1)</script>\r\n1 / 0  # \u202e\x00")
    cell.metadata.nbgrader = {"grade_id": "\x1b[31m<script>\n::error::\u202e", "locked": True}
    notebook.cells.insert(2, cell)
