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

#: Okabe and Ito's blue for the student's values, and vermilion for values that are wrong.
_OWN, _WRONG = SKY_BLUE, VERMILION
#: Stands for the page's text colour while Matplotlib draws.
_INK = "#010203"
#: By what the judge decided: wrong, right, or not judged.
_COLOURS = {True: _WRONG, False: _OWN, None: _INK}
_MARKERS = {True: "D", False: "o", None: "|"}
#: Inches: the width of a phone, so that the letters of a figure are as large there as the text around it.
_WIDTH = 3.75
_OF_SIGNALS = (
    "The last column judges the weights of each layer alone. The signal also carries what earlier layers did, and "
    "differs from model to model. Outputs are taken before a softmax. No ReLU halves them, so He's variance doubles "
    "their mean square. Glorot's, which is right for them, too, gives less (grey)."
)
_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Row:
    """One row of the numbers beside a figure: what is measured of a shape or after a layer, and what is expected.

    ``wrong`` is what the judge decided on the shape's or the layer's weights; None if it did not judge them.
    """

    name: str
    measured: str
    expected: str
    wrong: bool | None


@dataclass(frozen=True)
class Figure:
    """A figure for a page.

    Attributes
    ----------
    svg : str
        The SVG element.
    alt : str
        Its text alternative.
    caption : str
        What it shows, in one to three sentences.
    quantity, of, expected, judged : str
        Which quantity the numbers beside it are; the heads of the columns for what they belong to, for what is
        expected, and for what the judge decided.
    note : str
        What the numbers alone do not say; empty if they say it all.
    rows : tuple of Row
        These numbers.
    """

    svg: str
    alt: str
    caption: str
    quantity: str
    of: str
    expected: str
    judged: str
    note: str
    rows: tuple[Row, ...]


@lru_cache(maxsize=64)
def draw(picture: Picture) -> Figure:
    """Draw ``picture``. Equal pictures give equal bytes."""
    if isinstance(picture, WeightsPicture):
        svg, about = (
            _weights(picture),
            ("Standard deviation of the weights, the root of Var(W)", "kernel, in→out", "expected", "verdict", ""),
        )
    else:
        quantity = "Mean square of the signal, over that of the inputs"
        svg, about = _signal(picture), (quantity, "after", "expected on average", "this layer's weights", _OF_SIGNALS)
    return Figure(svg, describe(picture), headline(picture), *about, numbers(picture))


def numbers(picture: Picture) -> tuple[Row, ...]:
    """Return the numbers beside the figure of ``picture``: one row for each kernel shape, or for each layer."""
    if isinstance(picture, WeightsPicture):
        return tuple(
            Row(each.kernel, number(each.measured), number(each.expected), each.wrong) for each in picture.shapes
        )
    values = zip(_layers(picture)[1:], picture.mean[1:], picture.predicted[1:], picture.wrong, strict=True)
    return tuple(Row(name, number(mean), _between(least, most), wrong) for name, mean, (least, most), wrong in values)


def _between(least: float, most: float) -> str:
    return number(least) if least == most else f"{number(least)} to {number(most)}"


def _layers(picture: SignalPicture) -> list[str]:
    # A space that does not break: a name stays on one line of a narrow table.
    return ["inputs", *(f"hidden\N{NO-BREAK SPACE}{depth}" for depth in range(1, len(picture.widths) - 1)), "outputs"]


def describe(picture: Picture) -> str:
    """Return the text alternative of the figure of ``picture``, with its main message first."""
    if isinstance(picture, WeightsPicture):
        measured = "; ".join(f"{s.kernel}: {number(s.measured)}, expected {number(s.expected)}" for s in picture.shapes)
        return (
            f"{headline(picture)} A histogram of your weights for the {picture.shapes[picture.shown].kernel} kernel "
            f"over the density expected, and the standard deviation of each shape: {measured}."
        )
    steps = ", ".join(number(square) for square in picture.mean)
    (kept, _), outputs = picture.predicted[-2:]
    return (
        f"{headline(picture)} By depth, from the inputs to the outputs: {steps}; {picture.law} predicts, on average, "
        f"{number(kept)} after the last hidden layer and {_between(*outputs)} for the outputs, without ReLU."
    )


def headline(picture: Picture) -> str:
    """Return in one to three sentences what the judge decided on what ``picture`` shows, and what it cannot show."""
    said = _about_weights(picture) if isinstance(picture, WeightsPicture) else _about_signal(picture)
    if picture.unseen:
        shows_one = isinstance(picture, WeightsPicture) and (picture.mean_wrong or picture.family_wrong)
        shows_one = shows_one or any(_decided(picture))
        said.append(
            f"This figure does not show what {'else ' if shows_one else ''}failed: {', '.join(picture.unseen)}."
        )
    return " ".join(said)


def _decided(picture: Picture) -> Sequence[bool | None]:
    """Return what the judge decided on each kernel shape, or on each layer."""
    return [shape.wrong for shape in picture.shapes] if isinstance(picture, WeightsPicture) else picture.wrong


def _about_weights(picture: WeightsPicture) -> list[str]:
    wrong, every = [shape for shape in picture.shapes if shape.wrong], len(picture.shapes)
    said = []
    if wrong:
        said.append(f"The standard deviation is wrong for {len(wrong)} of {every} kernel shapes.")
    elif all(shape.wrong is False for shape in picture.shapes):
        said.append(f"The standard deviation is right for all {every} kernel shapes.")
    if picture.mean_wrong:
        said.append("The mean is wrong.")
    if picture.family_wrong:
        said.append("The shape of the distribution is wrong.")
    return said


def _about_signal(picture: SignalPicture) -> list[str]:
    hidden = len(picture.widths) - 2
    names = [*(f"hidden layer {i}" for i in range(1, hidden + 1)), "the output layer"]
    wrong = [name for name, is_wrong in zip(names, picture.wrong, strict=True) if is_wrong]
    said = [f"The weights of {' and '.join(wrong)} are wrong."] if wrong else []
    right, factor = picture.predicted[hidden][0], number(picture.mean[hidden])
    if not picture.own:
        said.append("This is not your model's own signal: it is computed from your weights with ReLU.")
    elif set(picture.wrong[:hidden]) == {False} and math.isclose(right, 1.0) and not picture.alike:
        said.append("Your hidden layers keep the signal, on average.")
    models = f"the {len(picture.builds)} models that your code built"
    on = (
        f"{models.capitalize()} have the same weights and different inputs. On them"
        if picture.alike
        else f"On {models}"
    )
    few = "One model" if picture.alike else "A few models"
    return [
        *said,
        f"{on}, the hidden layers' weights, with ReLU, multiplied the signal's mean square by {factor} on average. "
        f"{picture.law}'s weights multiply it by {number(right)} on average over very many models. {few} can lie far "
        "above or below.",
    ]


def number(value: float) -> str:
    """Return ``value`` with three significant digits."""
    if value == 0.0 or 1e-3 <= abs(value) < 1e5:
        return f"{float(f'{value:.3g}'):g}"
    return re.sub(r"(\.0)?e([+-])0*", lambda found: "e" + found[2].strip("+"), f"{value:.1e}")


def _weights(picture: WeightsPicture) -> str:
    shape = picture.shapes[picture.shown]
    rows = len(picture.shapes)
    with _style(picture):
        figure = _canvas(2.5 + 0.22 * rows)
        above, below = figure.subplots(2, 1, height_ratios=[1.3, 0.35 + 0.22 * rows])
        height = figure.get_figheight()
        figure.subplots_adjust(left=0.37, right=0.97, top=1 - 0.32 / height, bottom=0.45 / height, hspace=0.5)

        step = (picture.high - picture.low) / len(picture.density)
        edges = [picture.low + step * i for i in range(len(picture.density) + 1)]
        above.stairs(
            picture.density, edges, fill=True, color=_WRONG if picture.family_wrong else _OWN, label="your weights"
        )
        expected, last = picture.expected, len(picture.expected) - 1
        curve = [picture.low + (picture.high - picture.low) * i / last for i in range(last + 1)]
        above.plot(curve, expected, color=_INK, linewidth=1.4, label="expected")
        if picture.mean_wrong:
            above.axvline(picture.mean, color=_WRONG, linewidth=1.6, dashes=(3, 2), label="your mean")
        above.set_ylim(0.0, 1.08 * min(max(*picture.density, *expected), 4.0 * max(expected)))
        above.set_xlim(picture.low, picture.high)
        above.set_yticks([])
        above.spines["left"].set_visible(False)
        _ticks(above.xaxis, _round_steps(picture.high))
        above.set_xlabel(f"weight, {shape.kernel} kernel", labelpad=2)
        above.set_ylabel("density", rotation=0, ha="right", va="center", labelpad=8)
        _legend(above, -0.58)

        below.axvline(1.0, color=_INK, linewidth=1.4)
        ratios = [each.ratio for each in picture.shapes]
        for row, (ratio, each) in enumerate(zip(ratios, picture.shapes, strict=True)):
            below.plot([1.0, ratio], [row, row], color=_COLOURS[each.wrong], linewidth=1.2)
            below.plot([ratio], [row], marker=_MARKERS[each.wrong], markersize=5, color=_COLOURS[each.wrong])
        below.set_xscale("log")
        low, high = min(*ratios, 0.5) / 1.25, max(*ratios, 2.0) * 1.25
        below.set_xlim(low, high)
        below.set_ylim(rows - 0.5, -0.5)
        below.set_yticks(range(rows), [each.kernel for each in picture.shapes])
        below.tick_params(axis="y", length=0)
        below.spines["left"].set_visible(False)
        below.grid(axis="x", color=_INK, alpha=0.15, linewidth=0.6)
        _ticks(below.xaxis, _powers(low, high, most=5))
        below.set_xlabel("standard deviation, yours / expected", labelpad=2, x=0.4)
        return _svg(figure, picture)


def _signal(picture: SignalPicture) -> str:
    with _style(picture):
        figure = _canvas(2.7)
        axes = figure.subplots()
        height = figure.get_figheight()
        figure.subplots_adjust(left=0.15, right=0.95, top=1 - 0.56 / height, bottom=0.58 / height)
        depths = list(range(len(picture.widths)))
        least, most = [low for low, _ in picture.predicted], [high for _, high in picture.predicted]
        axes.fill_between(depths, least, most, color=_INK, alpha=0.3, linewidth=0)
        axes.plot(depths, most, color=_INK, linewidth=1.4, dashes=(4, 2),
                  label=f"{picture.law}, on average")  # fmt: skip
        for number_of, squares in enumerate(picture.builds):
            axes.plot(depths, squares, color=_OWN, linewidth=0.9,
                      label="your models" if number_of == 0 else None)  # fmt: skip
        axes.plot(depths, picture.mean, color=_OWN, linewidth=1.6, label="their mean")
        for depth, wrong in enumerate(picture.wrong, 1):
            axes.plot(
                [depth], picture.mean[depth : depth + 1], marker=_MARKERS[wrong], markersize=5, color=_COLOURS[wrong]
            )
        axes.set_yscale("log")
        values = [*least, *most, *(square for squares in picture.builds for square in squares)]
        low, high = min(*values, 0.5) / 1.2, max(*values, 2.0) * 1.2
        axes.set_ylim(low, high)
        axes.set_xlim(-0.15, depths[-1] + 0.15)
        axes.grid(axis="y", color=_INK, alpha=0.15, linewidth=0.6)
        _ticks(axes.yaxis, _powers(low, high))
        axes.set_xticks(
            depths, [f"{name}\n{width}" for name, width in zip(_layers(picture), picture.widths, strict=True)]
        )
        axes.set_xlabel("layer and its width, by depth", labelpad=3)
        axes.text(-0.15, 1.19, "mean square of the signal / that of the inputs", transform=axes.transAxes)
        _legend(axes, -0.17)
        return _svg(figure, picture)


def _legend(axes: Any, left: float) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(left, 1.02), ncols=3, frameon=False,
        borderpad=0, handlelength=1.6, columnspacing=1.2, handletextpad=0.5,
    )  # fmt: skip


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


def _canvas(height: float) -> Any:
    """Return an empty figure of this height, in inches."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    # Not pyplot: its global state is the notebook's, and no window is ever wanted.
    figure = Canvas(figsize=(_WIDTH, height))
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


def _powers(low: float, high: float, most: int = 7) -> list[float]:
    """Return at most ``most`` round numbers between ``low`` and ``high`` for a logarithmic axis."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for digits in ((1, 2, 5), (1, 3), (1,)):
        values = [d * 10.0**p for p in range(first, last + 1) for d in digits if low <= d * 10.0**p <= high]
        if len(values) <= most:
            return values
    return values[:: math.ceil(len(values) / most)]


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
