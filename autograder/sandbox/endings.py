"""Explains why a student's process ended by itself, and what the student can change, in a few plain sentences."""

from __future__ import annotations

import signal
from typing import Final

#: Signals that a process gets when something in it goes wrong, and what that is.
_CAUSES: Final = {
    "SIGABRT": "compiled code gave up, or os.abort() was called.",
    "SIGSEGV": "compiled code used memory that is not its own.",
    "SIGBUS": "compiled code used memory that is not there.",
    "SIGFPE": "compiled code divided by zero, or used a number that is out of range.",
    "SIGILL": "compiled code used an instruction that this processor does not have.",
}
#: What to do where memory is too much.
LESS_MEMORY: Final = "Make fewer or smaller arrays."
_ADVICE: Final = (
    "In Jupyter, the notebook's Python would stop, too. Run the cells there one by one, then call each of your "
    "functions in a new cell."
)


def by_signal(number: int) -> str:
    """Return the sentences for a process that a signal ended.

    Examples
    --------
    >>> by_signal(11).partition(". ")[0]
    'The process was ended by SIGSEGV: compiled code used memory that is not its own'
    >>> by_signal(37)
    'The process was ended by signal 37. Does the code send itself this signal? Then take that out.'
    """
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"  # one of the real-time signals, of which few have names
    if name in _CAUSES:
        return f"The process was ended by {name}: {_CAUSES[name]} {_ADVICE}"
    return f"The process was ended by {name}. Does the code send itself this signal? Then take that out."


def by_exit(code: int) -> str:
    """Return the sentences for a process that exited.

    Examples
    --------
    >>> by_exit(3)
    'The code ended its own process (exit code 3). Take out what does this, such as os._exit().'
    """
    return f"The code ended its own process (exit code {code}). Take out what does this, such as os._exit()."
