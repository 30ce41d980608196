"""Runs a notebook's cells in IPython, as Jupyter does. The functions import IPython and the frameworks."""

from __future__ import annotations

import contextlib
import functools
import io
from typing import Any

import numpy as np

from autograder.sandbox.child.exceptions import CELL_PREFIX, describe_exception
from autograder.sandbox.child.figures import take_figures
from autograder.sandbox.protocol import MAX_TEXT, CellRan

_shell: Any = None
#: Magics that install packages or choose their versions, here or on Colab.
_INSTALLERS = ("pip", "conda", "mamba", "micromamba", "uv", "tensorflow_version")


def warm_up() -> dict[str, str]:
    """Import what every child needs, execute nothing with TensorFlow, and return package versions."""
    import tensorflow as tf
    import torch

    tf.keras.layers  # noqa: B018 (tf.keras loads Keras on first touch: here, not in every child)
    import keras
    import matplotlib.pyplot  # noqa: F401 (without it, every child would build a font cache in its new home)
    import matplotlib_inline.backend_inline  # noqa: F401 (what %matplotlib inline imports)

    # Its compiler is another program, which a child cannot start. Code that is not compiled computes the same.
    torch.compile = functools.partial(torch.compile, disable=True)
    shell()
    return {
        "numpy": np.__version__,
        "torch": torch.__version__,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def run_cell(name: str, source: str) -> CellRan:
    """Run one cell as a notebook does, and return its output and its exception."""
    notebook = shell()
    notebook.compile.cell, notebook.shown = name, None
    stdout, stderr = _FirstText(), _FirstText()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        result = notebook.run_cell(source, store_history=True)
    # Of a cell with %%capture, the result has no exception.
    exception = result.error_before_exec or result.error_in_exec or notebook.shown
    raised = None if exception is None else describe_exception(exception)
    return CellRan(stdout.kept, stderr.kept, tuple(take_figures()), raised)


def shell() -> Any:
    """Return the one IPython shell of this process: no history, no colours, cells named in tracebacks."""
    global _shell  # noqa: PLW0603 (made before the fork, used after it)
    if _shell is None:
        from IPython.core.compilerop import CachingCompiler
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        class NamedCells(CachingCompiler):  # type: ignore[misc]
            cell = ""

            def get_code_name(self, raw_code: str, code: str, number: int) -> str:
                return f"{CELL_PREFIX}{self.cell}>"

        class NotebookShell(InteractiveShell):  # type: ignore[misc]
            compiler_class = NamedCells

            shown: BaseException | None = None

            def _showtraceback(self, etype: object, evalue: object, stb: object) -> None:
                """Print nothing: the exception is part of the answer."""
                self.shown = evalue if isinstance(evalue, BaseException) else None

            def system(self, cmd: str) -> None:
                """Start nothing and raise nothing: no failed `!command` or %pip ends its cell in Jupyter, either."""
                print("Other programs cannot be started while grading: this line did nothing.")
                self.user_ns["_exit_code"] = 1

            def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
                """Return an empty output for `name = !command`."""
                from IPython.utils.text import LSString, SList

                self.system(cmd)
                return SList() if split else LSString()

            def ask_exit(self) -> None:
                """End the cell, as exit() and quit() end a notebook's session."""
                raise SystemExit

            def enable_gui(self, gui: str | None = None) -> None:
                """Run no event loop: figures are drawn without a window, and %matplotlib finds that well."""

            def enable_matplotlib(self, gui: str | None = None) -> Any:
                """Set %matplotlib up, but keep drawing to memory: figures are taken when their cell ends."""
                import matplotlib.pyplot as plt
                from matplotlib_inline.backend_inline import flush_figures

                found = super().enable_matplotlib(gui)
                with contextlib.suppress(ValueError):  # it was not registered: another backend was asked for
                    self.events.unregister("post_execute", flush_figures)
                plt.switch_backend("agg")
                return found

        settings = Config()
        settings.HistoryManager.enabled = False
        settings.InteractiveShell.colors = "nocolor"
        _shell = NotebookShell.instance(config=settings)
        _shell.db = {}  # %cd and %store write to it, and the grader's own folder is out of reach
        for name in _INSTALLERS:
            _shell.register_magic_function(_install_nothing, "line", name)
    return _shell


def _install_nothing(_line: str) -> None:
    print("Nothing is installed while grading: this line did nothing.")


class _FirstText(io.TextIOBase):
    """A text stream that keeps its beginning and drops the rest, however much a cell prints."""

    def __init__(self) -> None:
        self.kept = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.kept += text[: MAX_TEXT - len(self.kept)]
        return len(text)
