"""Sanitizes HTML for every page: the output runs nothing, loads nothing, and cannot cover other parts of the page."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from html import escape
from typing import Final
from urllib.parse import unquote

import nh3

#: Begins the address of a picture in the cell's attachments.
ATTACHED: Final = "attachment:"
#: Stands in the place of a picture that a page does not show.
NOT_SHOWN: Final = "a picture that is not in the notebook, or too large, or no PNG, JPEG or GIF"
#: Replaces a picture that is not in the file: a page loads no picture from elsewhere.
NO_PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='360' height='24'%3E%3Ctext y='17' "
    "font-family='sans-serif' font-size='13' fill='gray'%3E[a picture that is not in the notebook, or too large]"
    "%3C/text%3E%3C/svg%3E"
)
_PICTURES: Final = ("image/png", "image/jpeg", "image/gif")
#: More than a phone's photo has. A file of a few kilobytes can hold a picture that takes all of a browser's memory.
_MOST_PIXELS: Final = 50_000_000
#: Browsers read other forms, such as ``http:/logout``, as addresses of the site that shows the page.
_LINK: Final = re.compile(r"mailto:[^\s\\]+|https?://([\w-]+\.)+[a-z][\w-]*(:\d+)?([/?#][^\s\\]*)?", re.A | re.I)
#: Parts of paths of a Jupyter server, which may be the site that shows the page.
_SITES_OWN: Final = frozenset({"logout", "formgrader"})
#: What a style may load, also spelled u\\72l(. No value of an alignment is a function.
_ADDRESS: Final = re.compile(r"\\|url\(", re.I)
_FUNCTION: Final = re.compile(r"[\\(]")
_SCHEMES = {"http", "https", "mailto", "data", "attachment"}
_MAX_DEPTH: Final = 100
_MAX_SIDE: Final = 2_000
#: Rows and columns of one cell, as many as pandas shows. A browser takes minutes for some thousand cells that span a
#: thousand.
_ROWS, _COLUMNS = (frozenset(map(str, range(1, most + 1))) for most in (60, 20))
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
#: Tags that have no content, or that the next one of their kind closes.
_FLAT: Final = {*("br", "hr", "img", "input", "wbr", "col", "p", "li", "td", "th", "tr", "dt", "dd"), *("path", "use")}

_MATHML = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "menclose"),
}
_MATHML_ATTRIBUTES = {
    *("xmlns", "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "width"),
    *("height", "columnalign", "columnspacing", "rowspacing", "displaystyle", "scriptlevel", "accent", "largeop"),
    *("movablelimits", "minsize", "maxsize", "linethickness"),
}

_TAGS = {*nh3.ALLOWED_TAGS, *_MATHML, "input"} - {"bdo", "map", "area"}
_ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    **dict.fromkeys(_MATHML, _MATHML_ATTRIBUTES),
    "input": {"type", "checked", "disabled"},
    "*": {"class", "style", "align", "title", "lang", "dir"},
}
#: Of brackets that ``\Big`` makes larger, and of fractions without a bar.
_MATHML_SIZE: Final = re.compile(r"0|[0-9](\.[0-9]{1,3})?em")
_STYLES = {"text-align"}

_SVG = {"svg", "g", "path", "defs", "clipPath", "rect", "use", "text", "tspan", "title", "desc"}
_SVG_ATTRIBUTES = {"viewBox", "d", "x", "y", "transform", "clip-path", "href"}
_SVG_STYLES = {
    *("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset"),
    *("fill-opacity", "stroke-opacity", "opacity", "font-size", "font-family", "text-anchor"),
    *("max-width", "height", "overflow", "color", "font-weight", "vertical-align", "white-space", "padding"),
}
_REFERRED_TO = {"role", "scope", "id", "aria-label", "colspan", "rowspan", "tabindex"}


def picture(kinds: object) -> str:
    """Return the address of a picture that an attachment holds, ``data:...``, or "" if it holds none to show.

    Parameters
    ----------
    kinds : object
        base64 by kind, as a notebook's file has it, from an untrusted file.
    """
    for kind, data in kinds.items() if isinstance(kinds, dict) else ():
        if is_picture(kind, data):
            return f"data:{kind};base64,{''.join(_text(data).split())}"
    return ""


def shown_attachments(attachments: object) -> dict[str, dict[str, str]]:
    """Return the attachments that are pictures to show, as a valid notebook has them, from an untrusted one."""
    found = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        kind, _, data = picture(kinds).removeprefix("data:").partition(";base64,")
        if data:
            found[name] = {kind: data}
    return found


def is_picture(kind: object, data: object, most_pixels: int = _MOST_PIXELS) -> bool:
    """Whether base64 ``data`` of this kind is a PNG, a JPEG or a GIF of a size that a browser can draw."""
    from PIL import Image

    try:
        file = io.BytesIO(base64.b64decode("".join(_text(data).split()), validate=True))
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=("PNG", "JPEG", "GIF")) as picture:
            return kind in _PICTURES and picture.width * picture.height <= most_pixels
    except Exception:  # noqa: BLE001 (a damaged picture raises many kinds of exceptions)
        return False


def _text(data: object) -> str:
    return "".join(data) if isinstance(data, list) else str(data)


def clean(
    html: str,
    *,
    standalone: bool = False,
    looks: dict[str, dict[str, str]] | None = None,
    picture_of: Callable[[str], str] | None = None,
) -> str:
    """Return ``html`` without anything that runs, loads, or covers other parts of the page.

    Parameters
    ----------
    html : str
        The HTML of a student's Markdown, or of a cell's output.
    standalone : bool
        Also keep figures, ids and the classes of the grader's tables. Use it for the grader's own pages, where nobody
        is signed in. On other pages, only classes of highlighted code stay: a class of the formgrader
        could press or cover its buttons.
    looks : dict, optional
        Attributes to set, by tag and name.
    picture_of : callable, optional
        Returns the address, ``data:...``, of the cell's attachment with this name, or "" if it is not shown.

    Returns
    -------
    str
        The sanitized HTML. HTML that is nested deeper than 100 tags is shown as it was typed.

    Examples
    --------
    >>> clean("<b onclick='x()'>bold</b><script>y()</script>")
    '<b>bold</b>'
    """
    html = html.encode(errors="replace").decode()  # halves of surrogate pairs pass through JSON, and not through UTF-8
    if not _is_deep(html):
        more = {*_SVG_ATTRIBUTES, *_REFERRED_TO} if standalone else set()
        cleaned = nh3.clean(
            html,
            tags=_TAGS | _SVG if standalone else _TAGS,
            attributes={**_ATTRIBUTES, "rect": {"width", "height"}, "*": _ATTRIBUTES["*"] | more},
            attribute_filter=partial(_harmless, standalone, looks or {}, picture_of or (lambda name: "")),
            url_schemes=_SCHEMES,
            filter_style_properties=_STYLES | _SVG_STYLES if standalone else _STYLES,
            set_tag_attribute_values=looks,
        )
        # What looks like an end may be none: <b/</b> is one tag.
        if not _is_deep(cleaned):
            return cleaned
    return f"<pre>{escape(html)}</pre>"


def _harmless(
    standalone: bool,
    looks: dict[str, dict[str, str]],
    picture_of: Callable[[str], str],
    tag: str,
    attribute: str,
    value: str,
) -> str | None:
    if looks.get(tag, {}).get(attribute) == value:
        return value
    match attribute:
        case "src":
            url = value if value.startswith("data:") else picture_of(unquote(value.removeprefix(ATTACHED)))
            kind, _, data = url.removeprefix("data:").partition(";base64,")
            return url if url.startswith("data:") and is_picture(kind, data) else NO_PICTURE
        case "href":
            return value if _is_link(tag, value, standalone) else None
        case "style":
            return None if (_ADDRESS if standalone else _FUNCTION).search(value) else value
        case "type":
            return "checkbox"
        case "class":
            return " ".join(name for name in value.split() if _is_plain(name, standalone)) or None
        case "minsize" | "maxsize" | "linethickness":
            return value if _MATHML_SIZE.fullmatch(value) else None
        case "rowspan":
            return value if value in _ROWS else None
        case "colspan" | "span":
            return value if value in _COLUMNS else None
        case "width" | "height" | "size" if tag in {"img", "hr", "td", "th"}:
            return (
                value if value.removesuffix("%").isdecimal() and float(value.removesuffix("%")) <= _MAX_SIDE else None
            )
    return value


def _is_link(tag: str, value: str, standalone: bool) -> bool:
    if value.startswith("#"):
        return standalone
    if tag == "use" or not _LINK.fullmatch(value):
        return False
    return value[:7].lower() == "mailto:" or _SITES_OWN.isdisjoint(re.split("[/?#;]", unquote(value).lower()))


def _is_plain(name: str, standalone: bool) -> bool:
    return name in _code_classes() or (standalone and (name.startswith("ag-") or name in {"formula", "dataframe"}))


def _is_deep(html: str) -> bool:
    opened: Counter[str] = Counter()
    depth = 0
    for closing, name in _TAG.findall(html):
        tag = name.lower()
        if tag in _FLAT:
            continue
        if not closing:
            opened[tag] += 1
            depth += 1
        elif opened[tag]:
            opened[tag] -= 1
            depth -= 1
        if depth > _MAX_DEPTH:
            return True
    return False


@cache
def _code_classes() -> frozenset[str]:
    from pygments.token import STANDARD_TYPES

    return frozenset({"highlight", *STANDARD_TYPES.values()})
