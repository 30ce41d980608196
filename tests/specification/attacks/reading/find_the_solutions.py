# Tries: to look for notebooks in every folder above its own and beside the grader's package, and to run their answers.
# Must: find none: folders above its own cannot be listed.
# Cell: late
# Bench: yes
import pathlib

import autograder

roots = [*pathlib.Path.cwd().resolve().parents, *pathlib.Path(autograder.__file__).resolve().parents]
for root in roots:
    try:
        found = [path for path in root.glob("solutions/*/*.ipynb")]
        for path in found:
            run_answers(path)
    except OSError:
        continue
