# Tries: check cells whose saved output is full points.
# Must: not be read: outputs are nobody's evidence.
# Bench: yes
def change(notebook):
    from nbformat.v4 import new_output

    for cell in checks(notebook):
        cell.outputs = [new_output("execute_result", {"text/plain": "12.0"}, execution_count=1)]
