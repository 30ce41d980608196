# Tries: an IPython input transformer that rewrites every check cell's text.
# Must: do nothing; check cells never run from the student's notebook.
# Bench: yes
def generous(lines):
    text = "".join(lines)
    if text.startswith("check("):
        return ["12.0" if "initializer" in text else "8.0"]
    return lines


get_ipython().input_transformers_post.append(generous)
