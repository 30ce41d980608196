# Tries: a notebook that asks for a kernel of its own, with a command line to start it by.
# Must: run in the grader's interpreter.
def change(notebook):
    notebook.metadata.kernelspec = {
        "name": "evil",
        "language": "bash",
        "display_name": "\x1b[2Jevil",
        "argv": ["sh", "-c", "touch /tmp/autograder-evil"],
    }
    notebook.metadata.language_info = {"name": "../../evil"}
