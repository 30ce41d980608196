# Tries: attachments that are no pictures, are endless, or have paths for names.
# Must: be ignored.
def change(notebook):
    from nbformat.v4 import new_markdown_cell

    odd = {"../x.png": {"image/png": "x" * 1_000_000}, "a": {"text/html": "<script>"}, "b": {}}
    notebook.cells.append(new_markdown_cell("![x](attachment:../x.png) ![](attachment:a)", attachments=odd, id="attached"))
