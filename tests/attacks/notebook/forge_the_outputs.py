# Tries: check cells whose saved output is full points.
# Must: not be read: outputs are nobody's evidence.
# Bench: yes
def change(notebook):
    for cell in checks(notebook):
        cell.outputs = [
            {"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": "12.0"}, "metadata": {}}
        ]
