"""Sanitizes HTML for every page: the output runs nothing, loads nothing, and cannot cover other parts of the page."""

from __future__ import annotations

from functools import partial

import nh3

#: Replaces a picture that is not in the file: a page loads no picture from elsewhere.
NO_PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='260' height='24'%3E%3Ctext y='17' "
    "font-family='sans-serif' font-size='13' fill='gray'%3E[a picture that is not in the notebook]%3C/text%3E%3C/svg%3E"
)
_LINKS = ("#", "http:", "https:", "mailto:")
_SCHEMES = {"http", "https", "mailto", "data"}

_TAGS = {*nh3.ALLOWED_TAGS, "input"}
_ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "input": {"type", "checked", "disabled"},
    "*": {"class", "style", "align", "title", "lang", "dir"},
}
_STYLES = {"text-align"}

_MATHML = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "menclose"),
}
_MATHML_ATTRIBUTES = {
    *("xmlns", "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "width"),
    *("height", "columnalign", "columnspacing", "rowspacing", "displaystyle", "scriptlevel", "accent", "largeop"),
    "movablelimits",
}
_SVG = {"svg", "g", "path", "defs", "clipPath", "rect", "use", "text", "tspan", "title", "desc"}
_SVG_ATTRIBUTES = {"viewBox", "d", "x", "y", "transform", "clip-path", "href"}
_SVG_STYLES = {
    *("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset"),
    *("fill-opacity", "stroke-opacity", "opacity", "font-size", "font-family", "text-anchor"),
    *("max-width", "height", "overflow", "color", "font-weight", "vertical-align", "white-space", "padding"),
}
_REFERRED_TO = {"role", "scope", "id", "aria-label", "colspan", "rowspan", "tabindex"}


def clean(html: str, *, standalone: bool = False, looks: dict[str, dict[str, str]] | None = None) -> str:
    """Return ``html`` without anything that runs, loads, or covers other parts of the page.

    Parameters
    ----------
    html : str
        The HTML of a student's Markdown, or of a cell's output.
    standalone : bool
        Also keep formulas, figures, ids and all classes. Use it for the grader's own pages, where nobody is signed in.
        On other pages, only classes of highlighted code stay: a class of the formgrader could cover its buttons.
    looks : dict, optional
        Attributes to set, by tag and name.

    Examples
    --------
    >>> clean("<b onclick='x()'>bold</b><script>y()</script>")
    '<b>bold</b>'
    """
    more = {*_MATHML_ATTRIBUTES, *_SVG_ATTRIBUTES, *_REFERRED_TO} if standalone else set()
    return nh3.clean(
        html,
        tags=_TAGS | _MATHML | _SVG if standalone else _TAGS,
        attributes={**_ATTRIBUTES, "*": _ATTRIBUTES["*"] | more},
        attribute_filter=partial(_harmless, standalone, looks or {}),
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES | _SVG_STYLES if standalone else _STYLES,
        set_tag_attribute_values=looks,
    )


def _harmless(standalone: bool, looks: dict[str, dict[str, str]], tag: str, attribute: str, value: str) -> str | None:
    if looks.get(tag, {}).get(attribute) == value:
        return value
    stripped = value.strip().lower()
    if attribute == "src":
        return value if stripped.startswith("data:image/") else NO_PICTURE
    if attribute == "href":
        return value if stripped.startswith(("#",) if tag == "use" else _LINKS) else None
    if attribute == "style" and "url(" in stripped:
        return None
    if attribute == "type":
        return "checkbox"
    if attribute == "class" and not standalone:
        return " ".join(name for name in value.split() if name in _code_classes()) or None
    return value


def _code_classes() -> set[str]:
    from pygments.token import STANDARD_TYPES

    return {"highlight", *STANDARD_TYPES.values()}
