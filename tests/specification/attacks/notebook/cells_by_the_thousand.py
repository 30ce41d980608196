# Tries: eighteen hundred cells of text, each of which looks like an answer that was moved.
# Must: be read in a time that grows with their number alone.
def change(notebook):
    from nbformat.v4 import new_markdown_cell

    notebook.cells += [new_markdown_cell(f"**Question {n % 7}.** YOUR ANSWER HERE", id=f"m{n}") for n in range(1_800)]
