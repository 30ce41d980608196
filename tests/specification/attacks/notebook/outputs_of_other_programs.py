# Tries: saved outputs that run, load and cover a page, megabytes of them.
# Must: not be read: outputs are nobody's evidence.
def change(notebook):
    from nbformat.v4 import new_output

    page = "<script>alert(1)</script><img src=/logout><style>*{display:none}</style>" * 10_000
    for cell in checks(notebook):
        cell.outputs = [new_output("display_data", {"text/html": page, "application/javascript": page, "image/svg+xml": page})]
