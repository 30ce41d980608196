"""Draws pictures as SVG figures, and describes them in words.

An SVG takes the text colour and fonts of its page. A figure is drawn only when a report shows it, so a class is graded
without drawing. Colour-blind people can distinguish blue from vermilion; the two also differ in lightness for grey
printers, and both stand out on white and on black.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree  # only ever reads what Matplotlib wrote

from autograder.report.palette import SKY_BLUE, VERMILION
from autograder.report.picture import Picture, SignalPicture, WeightsPicture

#: Okabe and Ito's blue for the student's values, and vermilion for values that are off.
_OWN, _OFF = SKY_BLUE, VERMILION
#: Stands for the page's text colour while Matplotlib draws.
_INK = "#010203"
#: A standard deviation that differs more than this from its prediction is drawn as off. The judge's limit for any
#: shape is smaller.
_OFF_BY = 0.03
_TRUNCATED_DEVIATION = 0.8796
#: Right ends of the numbers beside the plot, in widths of the plot.
_COLUMNS = (1.27, 1.58)
_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Figure:
    """An SVG element for a page, and its text alternative."""

    svg: str
    alt: str


@lru_cache(maxsize=64)
def draw(picture: Picture) -> Figure:
    """Draw ``picture``. Equal pictures give equal bytes."""
    if isinstance(picture, WeightsPicture):
        return Figure(_weights(picture), describe(picture))
    return Figure(_signal(picture), describe(picture))


def describe(picture: Picture) -> str:
    """Return the text alternative of the figure of ``picture``, with its main message first."""
    if isinstance(picture, WeightsPicture):
        off = [shape for shape in picture.shapes if is_off(shape.ratio)]
        if off:
            message = f"The standard deviation is off for {len(off)} of {len(picture.shapes)} kernel shapes."
        else:
            message = (
                f"The standard deviation is within {_OFF_BY:.0%} of He's for all {len(picture.shapes)} kernel shapes."
            )
        measured = "; ".join(f"{s.kernel}: {number(s.measured)}, expected {number(s.expected)}" for s in picture.shapes)
        return (
            f"{message} A histogram of your weights for the {picture.shapes[picture.shown].kernel} kernel over the "
            f"density expected, and the standard deviation of each shape: {measured}."
        )
    mean, depth = picture.mean, len(picture.widths) - 2
    factor = mean[depth] ** (1.0 / depth)
    steps = ", ".join(number(square) for square in mean)
    least, most = picture.predicted[-1]
    kept = "kept" if 0.8 <= factor <= 1.25 else "shrinking" if factor < 1.0 else "growing"
    return (
        f"The signal is {kept} on its way through the hidden layers: each multiplies its mean square by "
        f"{number(factor)} on average; He's weights keep it at 1. By depth, from the inputs to the outputs: {steps}; "
        f"He predicts 1 after each hidden layer and {number(least)} to {number(most)} for the outputs, without ReLU."
    )


def number(value: float) -> str:
    """Return ``value`` with three significant digits."""
    if value == 0.0 or 1e-3 <= abs(value) < 1e5:
        return f"{float(f'{value:.3g}'):g}"
    return re.sub(r"(\.0)?e([+-])0*", lambda found: "e" + found[2].strip("+"), f"{value:.1e}")


def is_off(ratio: float) -> bool:
    """Return whether a ratio of standard deviations, measured over expected, is drawn as off."""
    return abs(ratio - 1.0) > _OFF_BY


def _weights(picture: WeightsPicture) -> str:
    shape = picture.shapes[picture.shown]
    rows = len(picture.shapes)
    with _style(picture):
        figure = _canvas(5.0, 2.35 + 0.2 * rows)
        above, below = figure.subplots(2, 1, height_ratios=[1.5, 0.35 + 0.2 * rows])
        figure.subplots_adjust(left=0.29, right=0.74, top=1 - 0.28 / figure.get_figheight(), bottom=0.12, hspace=0.62)

        step = (picture.high - picture.low) / len(picture.density)
        edges = [picture.low + step * i for i in range(len(picture.density) + 1)]
        above.stairs(picture.density, edges, fill=True, color=_OWN, label="your weights")
        curve = [picture.low + (picture.high - picture.low) * i / 240 for i in range(241)]
        expected = [_density(w / shape.expected, truncated=picture.truncated) / shape.expected for w in curve]
        above.plot(curve, expected, color=_INK, linewidth=1.4, label="expected")
        above.set_ylim(0.0, 1.08 * min(max(*picture.density, *expected), 4.0 * max(expected)))
        above.set_xlim(picture.low, picture.high)
        above.set_yticks([])
        above.spines["left"].set_visible(False)
        _ticks(above.xaxis, _round_steps(picture.high))
        above.set_xlabel(f"weight, {shape.kernel} kernel", labelpad=2)
        above.set_ylabel("density", rotation=0, ha="right", va="center", labelpad=8)
        above.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, borderpad=0, handlelength=1.2)

        ratios = [each.ratio for each in picture.shapes]
        below.axvline(1.0, color=_INK, linewidth=1.4)
        for row, ratio in enumerate(ratios):
            off = is_off(ratio)
            below.plot([1.0, ratio], [row, row], color=_OFF if off else _OWN, linewidth=1.2)
            below.plot([ratio], [row], marker="D" if off else "o", markersize=5, color=_OFF if off else _OWN)
            values = number(picture.shapes[row].measured), number(picture.shapes[row].expected)
            for x, text in zip(_COLUMNS, values, strict=True):
                below.text(x, row, text, transform=below.get_yaxis_transform(), va="center", ha="right")
        for x, text in zip(_COLUMNS, ("yours", "expected"), strict=True):
            below.text(x, 1.06, text, transform=below.transAxes, ha="right")
        below.set_xscale("log")
        low, high = min(*ratios, 0.5) / 1.25, max(*ratios, 2.0) * 1.25
        below.set_xlim(low, high)
        below.set_ylim(rows - 0.5, -0.5)
        below.set_yticks(range(rows), [each.kernel for each in picture.shapes])
        below.tick_params(axis="y", length=0)
        below.spines["left"].set_visible(False)
        below.grid(axis="x", color=_INK, alpha=0.15, linewidth=0.6)
        _ticks(below.xaxis, _powers(low, high))
        below.set_xlabel("standard deviation, yours / expected", labelpad=2)
        return _svg(figure, picture)


def _signal(picture: SignalPicture) -> str:
    with _style(picture):
        figure = _canvas(5.0, 2.7)
        axes = figure.subplots()
        figure.subplots_adjust(left=0.13, right=0.96, top=0.8, bottom=0.2)
        depths = list(range(len(picture.widths)))
        least, most = [low for low, _ in picture.predicted], [high for _, high in picture.predicted]
        off = any(strays(mean, low, high) for mean, low, high in zip(picture.mean, least, most, strict=True))
        own = _OFF if off else _OWN
        axes.fill_between(depths, least, most, color=_INK, alpha=0.15, linewidth=0)
        axes.plot(depths, [math.sqrt(a * b) for a, b in picture.predicted], color=_INK, linewidth=1.4, dashes=(4, 2),
                  label="He's prediction")  # fmt: skip
        for squares in picture.builds:
            axes.plot(depths, squares, color=own, linewidth=0.6, alpha=0.55)
        axes.plot(depths, picture.mean, color=own, linewidth=1.6, marker="D" if off else "o", markersize=5,
                  label=f"yours, mean of {len(picture.builds)} models")  # fmt: skip
        axes.set_yscale("log")
        values = [*least, *most, *(square for squares in picture.builds for square in squares)]
        low, high = min(*values, 0.5) / 1.2, max(*values, 2.0) * 1.2
        axes.set_ylim(low, high)
        axes.set_xlim(-0.15, depths[-1] + 0.15)
        axes.grid(axis="y", color=_INK, alpha=0.15, linewidth=0.6)
        _ticks(axes.yaxis, _powers(low, high))
        hidden = [f"hidden {i}" for i in depths[1:-1]]
        names = [f"{name}\n{width}" for name, width in zip(["inputs", *hidden, "outputs"], picture.widths, strict=True)]
        axes.set_xticks(depths, names)
        axes.set_xlabel("layer and its width, by depth", labelpad=3)
        axes.set_title("mean square of the signal / that of the inputs", fontsize=9, loc="left", x=-0.12, y=1.14)
        axes.legend(
            loc="lower left", bbox_to_anchor=(-0.12, 1.0), ncols=2, frameon=False, borderpad=0, handlelength=2.2
        )
        return _svg(figure, picture)


def strays(mean: float, least: float, most: float) -> bool:
    """Return whether the mean square of a signal is drawn as off its prediction."""
    # Four builds of these widths stay within a factor 1.6 of their mean, three standard deviations (STATISTICS: 5/n).
    return not least / 1.6 <= mean <= most * 1.6


def _density(x: float, *, truncated: bool) -> float:
    """Density at ``x`` of the normal, or of the normal truncated at two deviations, with mean 0 and variance 1."""
    scale = _TRUNCATED_DEVIATION if truncated else 1.0
    z = x * scale
    if truncated and abs(z) > 2.0:
        return 0.0
    mass = math.erf(math.sqrt(2.0)) if truncated else 1.0
    return scale * math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) / mass


@contextmanager
def _style(picture: Picture) -> Iterator[None]:
    """Use the settings of a figure in Matplotlib, then restore those of the notebook."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.size": 9.0,
                "font.family": "DejaVu Sans",
                "text.color": _INK,
                "axes.edgecolor": _INK,
                "axes.labelcolor": _INK,
                "xtick.color": _INK,
                "ytick.color": _INK,
                "axes.facecolor": "none",
                "axes.spines.top": False,
                "axes.spines.right": False,
                "text.parse_math": False,  # there is none, and looking for it takes longer than drawing
                "svg.fonttype": "none",
                "svg.hashsalt": _key(picture),
            }
        )
        yield


def _canvas(width: float, height: float) -> Any:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    # Not pyplot: its global state is the notebook's, and no window is ever wanted.
    figure = Canvas(figsize=(width, height))
    FigureCanvasSVG(figure)
    figure.patch.set_visible(False)
    return figure


def _ticks(axis: Any, values: Sequence[float]) -> None:
    from matplotlib.ticker import NullLocator

    axis.set_ticks(values, [number(value).replace("-", "−") for value in values])
    axis.set_minor_locator(NullLocator())


def _round_steps(reach: float) -> list[float]:
    """Return round numbers about 0, one or two on each side, within ±``reach``."""
    unit = 10.0 ** math.floor(math.log10(reach))
    step = next(s * unit for s in (0.5, 1.0, 2.0, 5.0) if reach < 3.0 * s * unit)
    most = int(reach / step + 1e-9)
    return [float(f"{i * step:.6g}") for i in range(-most, most + 1)]


def _powers(low: float, high: float) -> list[float]:
    """Return round numbers between ``low`` and ``high`` for a logarithmic axis, seven at the most."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        values = [d * 10.0**p for p in range(first, last + 1) for d in digits if low <= d * 10.0**p <= high]
        if len(values) <= 7:
            return values
    return values[:: math.ceil(len(values) / 7)]


def _key(picture: Picture) -> str:
    return hashlib.sha256(repr(picture).encode()).hexdigest()[:12]


def _svg(figure: Any, picture: Picture) -> str:
    """Return the figure as an SVG element: its ink the page's text colour, its size the page's to set."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(file.getvalue())  # noqa: S314
    for parent in list(root.iter()):
        for child in [*parent.findall(f"{{{_SVG}}}metadata"), *parent.findall(f"{{{_SVG}}}style")]:
            parent.remove(child)
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r'#([\w-]+)["\')]', text))
    for element in root.iter():
        # Matplotlib's names for its groups are the same in every figure; a page may hold several.
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if (link := element.attrib.pop(_LINK, None)) is not None:
            element.set("href", link)
        for name in ("d", "x", "y", "width", "height", "transform", "points"):
            if name in element.attrib:
                element.set(name, re.sub(r"(\.\d\d)\d+", r"\1", element.attrib[name]))
    _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
    root.attrib.pop("version", None)
    root.attrib |= {
        "role": "img",
        "aria-label": describe(picture),
        "width": f"{width * 4 / 3:.0f}",
        "height": f"{height * 4 / 3:.0f}",
        "style": "max-width: 100%; height: auto; overflow: visible",
    }
    text = ElementTree.tostring(root, encoding="unicode")
    text = text.replace("'DejaVu Sans'", "system-ui, sans-serif")
    return re.sub(r"\s*\n\s*", " ", text).replace(_INK, "currentColor")
