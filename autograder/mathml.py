"""Converts a formula to MathML that browsers draw as TeX would, or to plain text."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Final
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import unescape

from latex2mathml.converter import Converter

#: ′, ″, ‴ and ⁗, as the converter spells them.
_PRIMES: Final = frozenset({"&#x02032;", "&#x02033;", "&#x02034;", "&#x02057;"})
#: |, ‖ and /. The converter does not say which bar opens and which closes, and an operator keeps its terms apart.
_CLOSE: Final = frozenset({"&#x0007C;", "&#x02016;", "&#x0002F;"})
_OPENING: Final = "&#x00028;"
_WORD: Final = re.compile("[A-Za-z]{2,}")


def mathml(latex: str, display: str = "inline") -> str:
    """Return a formula as MathML.

    Parameters
    ----------
    latex : str
        The formula, without its dollar signs.
    display : str
        ``inline`` or ``block``.

    Raises
    ------
    Exception
        Of any kind: the converter raises what it happens to meet in a malformed formula.

    Examples
    --------
    >>> mathml("x")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>x</mi></mrow></math>'
    """
    math = Converter(display=display).convert_to_element(latex)
    for element in list(math.iter()):
        if element.tag in ("msub", "msup", "msubsup"):
            _scripts(element)
        for operator, after in zip_longest(element, element[1:]):
            if operator.tag == "mo":
                _space(operator, after)
    return unescape(tostring(math, encoding="unicode"))


def plain(latex: str) -> str:
    """Return a formula in one line of plain text, as an alternative text needs it; TeX that is malformed, as it is.

    Examples
    --------
    >>> plain(r"10^{-13}"), plain(r"n_{\\text{in}}"), plain(r"\\frac{1}{2n}")
    ('10^−13', 'n_in', '1/(2n)')
    """
    try:
        return _plain(Converter().convert_to_element(latex)).strip()
    except Exception:  # noqa: BLE001  # the converter raises what it happens to meet in a malformed formula
        return latex


def _plain(element: Element) -> str:
    parts = [_plain(child) for child in element]
    match element.tag:
        case "msup" | "msub":
            return f"{parts[0]}{'^' if element.tag == 'msup' else '_'}{parts[1]}"
        case "msubsup":
            return f"{parts[0]}_{parts[1]}^{parts[2]}"
        case "mfrac":
            return "/".join(part if len(part) == 1 else f"({part})" for part in parts)
        case "msqrt":
            return f"√({''.join(parts)})"
        case _:
            text = unescape(element.text or "")
            text = re.sub("&#x([0-9A-F]+);", lambda code: chr(int(code[1], 16)), text)
            return (f" {text} " if element.tag == "mo" and text in "=≈<>≤≥≪" else text) + "".join(parts)


def _scripts(element: Element) -> None:
    if element[0].get("minsize"):
        # Browsers make a bracket larger in a row, and not where it has an exponent itself.
        element[0] = _row(element[0])
    if element[-1].text in _PRIMES and element.tag != "msub":
        # The prime stands beside its base: it is small and raised itself, and a superscript is so once more.
        prime = element[-1]
        prime.tag = "mo"
        prime.attrib |= {"lspace": "0", "rspace": "0"}
        element.remove(prime)
        element[0] = _row(element[0], prime)
        element.tag = "msub" if len(element) > 1 else "mrow"


def _row(*elements: Element) -> Element:
    row = Element("mrow")
    row.extend(elements)
    return row


def _space(operator: Element, after: Element | None) -> None:
    if operator.text in _CLOSE and operator.get("stretchy") != "true":
        operator.attrib |= {"stretchy": "false", "lspace": "0", "rspace": "0"}
    elif _WORD.fullmatch(operator.text or "") and after is not None and after.text == _OPENING:
        operator.tag = "mi"  # the name of a function, such as Var(w): no space before its argument
