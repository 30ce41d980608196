"""The font of formulas, which pages bring: an ordinary machine has none that browsers can lay formulas out with."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Final

#: Holds the font, which is a part of STIX Math, and `formulas.license.txt`: its license, and how the file was made.
FOLDER: Final = Path(__file__).parent / "fonts"


def style(address: str = "") -> str:
    """Return the style of a page's formulas.

    Parameters
    ----------
    address : str
        Where a browser finds the font. Without one, the style contains it, so that the page loads nothing.
    """
    return (
        f'@font-face {{ font-family: formulas; src: url("{address or _embedded()}") format("woff2"); }}\n'
        "math { font-family: formulas, math; font-size: 1.12em; }"
    )


@cache
def _embedded() -> str:
    return f"data:font/woff2;base64,{base64.b64encode((FOLDER / 'formulas.woff2').read_bytes()).decode()}"
