"""Joins an exception to its cause: what is not there while grading, or an earlier cell that did not run to its end.

Where a cell defines a name is read from the notebook. Of what the child says, an exception's words and its line are
used, and they decide about no points.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from autograder.assignment.questions import TASKS
from autograder.limits import Limits
from autograder.notebook import Cell
from autograder.sandbox.endings import LESS_MEMORY
from autograder.sandbox.protocol import Raised, Refusal
from autograder.submission.bindings import STAR, Binding, bindings
from autograder.submission.compare import code_of, installs
from autograder.submission.reader import Submission
from autograder.submission.shown_text import LONGEST
from autograder.text import one_line

#: What students may import while grading, beside Python's standard library: names for people, and modules.
INSTALLED = {
    "NumPy": "numpy",
    "SciPy": "scipy",
    "Matplotlib": "matplotlib",
    "TensorFlow": "tensorflow",
    "Keras": "keras",
    "PyTorch": "torch",
    "IPython": "IPython",
    "SymPy": "sympy",
    "NetworkX": "networkx",
    "Pillow": "PIL",
    "h5py": "h5py",
}
#: Messages to students about what the sandbox refuses.
_REFUSED = {
    Refusal.NETWORK: "Network access is not available while grading.",
    Refusal.PROCESSES: "Other programs and processes cannot be started while grading.",
    Refusal.FILES: "Files outside the notebook's own folder are out of reach while grading.",
    Refusal.OTHER: "This is not allowed while grading.",
}
_NO_GPU = (
    'There is no GPU while grading: write "cuda" if torch.cuda.is_available() else "cpu", or leave the device out.'
)
#: Limits of a submission, by what an exception says that meets one.
_LIMITED = {
    "File too large": f"A file may have {Limits.file_bytes // 2**20} MiB while grading: write less.",
    "No space left on device": f"All files may have {Limits.scratch_bytes // 2**20} MiB while grading: write less.",
    "Too many open files": f"{Limits.open_files} files may be open at once while grading: close those that are read.",
    "can't start new thread": f"{Limits.threads} threads may run at once while grading: start fewer.",
}
_MEMORY_ERRORS = frozenset({"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"})
_MEMORY_WORDS = ("can't allocate memory", "not enough memory", "Cannot allocate memory", "std::bad_alloc")
_NO_NAME = re.compile(r"name '(\w+)' is not defined")
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
_NO_MAGIC = re.compile(r"[Mm]agic(?: function)? `(%+\w+)` not found")
_WORD = re.compile(r"\w+")
_NO_IMPORT = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_PASTED_NUMBER = re.compile(r"\d+:?\s+[^\W\d]")
#: Folders of hosted notebooks.
_CLOUD = re.compile(r"'(/(?:content|kaggle|gdrive)\b)")
_CHARACTER = re.compile(r"\(U\+([0-9A-F]{4,6})\)|character U\+([0-9A-F]{4,6})")
_ACCELERATOR = re.compile(r"\b(?:cuda|nvidia|gpus?|mps|xpu|tpus?|accelerator)\b|device:GPU", re.IGNORECASE)
#: Exceptions that say only by their line that a GPU was asked for.
_SILENT = frozenset({"IndexError", "AssertionError"})
#: Ways to define names that tokens do not show.
_HIDDEN = re.compile(r"\b(?:exec|globals|locals|setattr|run_cell|push)\s*\(|^[ \t]*%(?:store|load)\b", re.MULTILINE)
_SYNTAX_ERRORS = frozenset({"SyntaxError", "IndentationError", "TabError"})
_STUBS = frozenset(task.stub for task in TASKS)
_BLAMED_ON_NONE = frozenset({"TypeError", "AttributeError"})
#: Most cells whose causes are joined in one message.
_LONGEST_CHAIN = 5
#: Cells and characters of a notebook whose names are read. Larger notebooks are not written by people.
_MOST_CELLS, _MOST_CHARACTERS = 500, 500_000
_QUOTES = "'\"`´‘’‚“”„«»"


class Unfinished(Protocol):
    """Why a cell did not run to its end."""

    @property
    def message(self) -> str:
        """A sentence for students."""
        ...


@dataclass(frozen=True)
class Causes:
    """Knows what happened to the cells of one run, and explains exceptions by it.

    Attributes
    ----------
    submission : Submission
        The notebook.
    raised, unfinished : mappings of int
        Exceptions of cells, and why cells did not finish, by position in the submission's code.
    """

    submission: Submission
    raised: Mapping[int, Raised]
    unfinished: Mapping[int, Unfinished]

    def describe(self, raised: Raised, position: int | None = None, *, stop: str = "") -> str:
        """Return the exception and its cause; ``stop`` is the last full stop after a cause. See `explanation`."""
        why = self.explanation(raised, position)
        return f"{raised}.{why.removesuffix('.')}{stop}" if why else str(raised)

    def explanation(self, raised: Raised, position: int | None = None) -> str:
        """Return sentences that explain why code that works in the notebook fails here; empty if no reason is known.

        They begin with a space, because they follow another sentence.

        Parameters
        ----------
        raised : Raised
            The exception.
        position : int, optional
            Position of the cell that raised it; None for a call after all cells.
        """
        found = self._why(raised, position, frozenset())
        return f" {re.sub('^cell', 'Cell', found)}" if found else ""

    def _why(self, raised: Raised, position: int | None, seen: frozenset[int]) -> str:
        if raised.refused is not None:
            return _REFUSED[raised.refused]
        if raised.name.endswith("NameError") and (name := _NO_NAME.search(raised.message)):
            return self._missing_name(name[1], raised, position, seen)
        if raised.name == "ModuleNotFoundError" and (module := _NO_MODULE.search(raised.message)):
            return self._missing_module(module[1])
        if raised.name == "NotImplementedError" and not raised.message and raised.cell in _STUBS:
            return f"cell {raised.cell} still has its line raise NotImplementedError()."
        cells = (cell.source for cell in self.submission.code if cell.name == raised.cell)
        if raised.name == "IndexError" and any("_devices(" in source for source in cells):
            return _NO_GPU
        return (
            _of_a_limit(raised)
            or _by_its_words(raised)
            or (self._never_set(raised, position, seen) if raised.name in _BLAMED_ON_NONE else "")
        )

    # --- packages --------------------------------------------------------------------------------------

    def _missing_module(self, module: str) -> str:
        package = module.partition(".")[0]
        if module.startswith("google.colab"):
            return "google.colab exists on Colab alone: while grading there are no uploads and no Google Drive."
        if package in INSTALLED.values():
            return f"The installed {package} has no such module."
        *most, last = INSTALLED
        tried = any(installs(cell.source[:LONGEST]) for cell in self.submission.code[:_MOST_CELLS])
        nothing = " Lines such as !pip install do nothing." if tried else ""
        return f"{package} is not installed while grading.{nothing} Installed are {', '.join(most)} and {last}."

    # --- names -----------------------------------------------------------------------------------------

    def _missing_name(self, name: str, raised: Raised, position: int | None, seen: frozenset[int]) -> str:
        places = list(self._places(name))
        for at, cell, binding in places:
            if (position is None or at < position) and (stopped := self._stopped(at, binding, seen)):
                return f"{name} would have been defined in {_title(cell)}, which {stopped}"
        later = [
            cell
            for at, cell, binding in places
            if position is not None and (at > position or (at == position and binding.line > (raised.line or 0)))
        ]
        before = [(cell, binding) for at, cell, binding in places if position is None or at < position]
        if later and not before:
            return f"{_title(later[0])} defines {name} further down: cells run from top to bottom."
        if before:
            cell, binding = before[-1]
            if binding.line == 0:
                return f"{_title(cell)} deletes {name}."
            where = f"{_title(cell)} defines {name} in line {binding.line}, inside an if, a loop, a try or a with"
            return f"{where}: that line did not run." if all(each.conditional for _, each in before) else ""
        for place, _ in _index(tuple(map(code_of, self.submission.left_out))).get(name, ()):
            cell = self.submission.left_out[place]
            if cell.kind != "code":
                return f"{_title(cell)} defines {name}, but it is no code cell, so it does not run."
            return f"The locked cell {cell.name} defines {name}, and does not run while grading: define it yourself."
        for at, cell, binding in self._places(STAR):
            if stopped := self._stopped(at, binding, seen):
                return f"{name} may be one of the names that {_title(cell)} brings in with * or %run. It {stopped}"
        return self._defined_nowhere(name, position, seen)

    def _defined_nowhere(self, name: str, position: int | None, seen: frozenset[int]) -> str:
        """Explain that no cell is known to define a name. Behind a syntax error, a cell's names cannot be read."""
        for at, raised in self.raised.items():
            cell = self.submission.code[at]
            is_there = raised.name in _SYNTAX_ERRORS and name in _WORD.findall(cell.source[:LONGEST])
            if is_there and at != position and (stopped := self._stopped(at, Binding(sys.maxsize), seen)):
                return f"{name} may have been defined in {_title(cell)}, which {stopped}"
        if not self._is_readable:
            return ""
        return (
            f"No cell defines {name} outside of functions. If it is there in Jupyter, it comes from a cell that was "
            "changed or deleted."
        )

    def _never_set(self, raised: Raised, position: int | None, seen: frozenset[int]) -> str:
        """Explain that something is still None, or lacks an attribute, because a cell stopped before it set it."""
        attribute = _NO_ATTRIBUTE.search(raised.message)
        names = re.findall(r"[^\W\d]\w*", raised.source or "") if "NoneType" in raised.message else []
        for name in (*names, *([f".{attribute[1]}"] if attribute else [])):
            for at, cell, binding in self._places(name):
                if at != position and (stopped := self._stopped(at, binding, seen)):
                    where = f"{_title(cell)}, line {binding.line}"
                    return f"{name.lstrip('.')} would have been set in {where}. That cell {stopped}"
        return ""

    def _places(self, name: str) -> Iterator[tuple[int, Cell, Binding]]:
        for at, binding in _index(tuple(cell.source for cell in self.submission.code)).get(name, ()):
            yield at, self.submission.code[at], binding

    @property
    def _is_readable(self) -> bool:
        """Whether the tokens of the notebook say every name that it defines."""
        sources = [cell.source for cell in self.submission.code]
        if len(sources) > _MOST_CELLS or sum(map(len, sources)) > _MOST_CHARACTERS:
            return False
        return not any(_HIDDEN.search(source) for source in sources)

    def _stopped(self, at: int, binding: Binding, seen: frozenset[int]) -> str:
        """Say why the cell at a position did not reach a line; empty if it did."""
        if at in self.unfinished and at not in seen:
            message = self.unfinished[at].message
            return f"did not run to its end: {message[:1].lower()}{message[1:]}"
        if at not in self.raised or at in seen or len(seen) == _LONGEST_CHAIN:
            return ""
        raised, cell = self.raised[at], self.submission.code[at]
        line = raised.line if raised.cell == cell.name else None
        is_reached = line is not None and binding.line < line and raised.name not in _SYNTAX_ERRORS
        if is_reached:
            return ""
        written = _written(cell, raised) if line is not None else ""
        where = f" at “{one_line(written, 80)}”" if written else ""
        said = f"{raised.name}: {raised.message}" if raised.message else raised.name
        return f"stopped{where}: {self._why(raised, at, seen | {at}) or said.removesuffix('.') + '.'}"


@lru_cache(maxsize=8)
def _index(sources: tuple[str, ...]) -> dict[str, list[tuple[int, Binding]]]:
    """Return the cells that bind each name, by their position, and where."""
    found: dict[str, list[tuple[int, Binding]]] = {}
    left = _MOST_CHARACTERS
    for position, source in enumerate(sources[:_MOST_CELLS]):
        left -= len(source)
        for name, places in (bindings(source) if left >= 0 else {}).items():
            found.setdefault(name, []).extend((position, each) for each in places)
    return found


def _written(cell: Cell, raised: Raised) -> str:
    """Return the line that raised, as the student wrote it; empty if it is not known."""
    lines = [line.strip() for line in cell.source[:LONGEST].splitlines()]
    # In a cell with a cell magic, Python counts lines in another way.
    if raised.source in lines:
        return raised.source
    numbered = lines[raised.line - 1] if raised.line is not None and raised.line <= len(lines) else ""
    return "" if numbered.startswith("%%") else numbered


def _title(cell: Cell) -> str:
    return cell.name if cell.grade_id is None else f"cell {cell.name}"


def is_short_of_memory(raised: Raised) -> bool:
    """Return True if an exception says that there was no more memory."""
    return raised.name in _MEMORY_ERRORS or any(words in raised.message for words in _MEMORY_WORDS)


def _of_a_limit(raised: Raised) -> str:
    """Name the limit of a submission that an exception met."""
    if is_short_of_memory(raised):
        return f"That is more memory than a submission may use. {LESS_MEMORY}"
    return next((limit for said, limit in _LIMITED.items() if said in raised.message), "")


def _by_its_words(raised: Raised) -> str:
    """Explain an exception by its own words."""
    words, line = raised.message, raised.source or ""
    if raised.name in _SYNTAX_ERRORS and (found := _unreadable(words, line)):
        return found
    if raised.name == "ImportError" and (missing := _NO_IMPORT.search(words)):
        package, _, _ = missing[2].partition(".")
        version = f"The installed {missing[2]} has no {missing[1]}: it may be misspelled, or of another version."
        return version if package in INSTALLED.values() else ""
    if raised.name == "KeyError" and "environ" in line:
        return "Environment variables of your computer are not set while grading."
    if raised.name == "SystemExit":
        return "exit(), quit() and SystemExit end a cell: leave them out."
    if raised.name == "RecursionError":
        return "A function calls itself again and again without an end."
    if raised.name == "EOFError" and "input" in line:
        return "Nobody can type while grading, so input() finds nothing."
    if raised.name == "FileNotFoundError" and (folder := _CLOUD.search(words)):
        return f"The folder {folder[1]} exists on Colab or Kaggle alone."
    if raised.name == "FileNotFoundError" or words.startswith(("File `", "File not found")):
        return "The notebook is graded without the files beside it."
    if "ninitialized parameter" in words or "UninitializedParameter" in words:
        return "Lazy layers have no weights before a first forward pass: use nn.Linear, or pass a batch through first."
    if magic := _NO_MAGIC.search(words):
        return f"{magic[1]} belongs to Colab, or to an extension that is not loaded while grading."
    if _ACCELERATOR.search(words) or (raised.name in _SILENT and _ACCELERATOR.search(line)):
        return _NO_GPU
    return ""


def _unreadable(words: str, line: str) -> str:
    """Explain a syntax error that came with pasted or merged text."""
    if character := _CHARACTER.search(words):
        return _character(chr(min(int(character[1] or character[2], 16), sys.maxunicode)))
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "The cell holds both sides of a merge: keep one of them, and delete the lines with <<<, === and >>>."
    if _PASTED_NUMBER.match(line):
        return "The line begins with a number: if line numbers were pasted with the code, delete them."
    return ""


def _character(character: str) -> str:
    """Explain a character that Python does not read, such as a no-break space."""
    name = unicodedata.name(character, "of no name").lower()
    kind = unicodedata.category(character)
    if character in _QUOTES:
        instead = "type a straight quotation mark in its place"
    elif kind.startswith("Z"):
        instead = "type a plain space in its place"
    elif kind in ("Cf", "Cc"):
        instead = "it is invisible, so delete it"
    else:
        instead = "type the plain character in its place"
    return f"U+{ord(character):04X} is the character “{name}”, which often comes with text from a web page: {instead}."
