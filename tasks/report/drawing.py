"""A matplotlib figure as a part of the page: text stays text, colors are the page's own."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEFORE, AFTER, INK, LINE, PAGE = "#0a0001", "#0a0002", "#0a0003", "#0a0004", "#0a0005"
VARIABLES = {  # the colors of figures, and what the style sheet calls them
    BEFORE: "var(--before)",
    AFTER: "var(--after)",
    INK: "var(--ink)",
    LINE: "var(--line)",
    PAGE: "var(--page)",
}
WIDTH, ROW, LETTERS, HEAD, FOOT = 5.0, 0.25, 0.17, 0.15, 0.55  # inches, at 72 units each
LABEL, VALUES = 0.36, 0.24  # shares of the width that names and values take
SETTINGS: Any = {
    "svg.fonttype": "none",  # text, not outlines of letters
    "svg.hashsalt": "report",  # the same figure has the same ids
    "text.parse_math": False,  # a dollar sign of a benchmark is a dollar sign
    "font.size": 11.5,  # a phone shows an inch as 72 pixels
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}
PRESENTATION = {
    "fill", "fill-opacity", "font-size", "font-weight", "opacity", "stroke", "stroke-dasharray",
    "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width",
    "text-anchor",
}  # fmt: skip
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"


@contextmanager
def canvas(height: float, **options: Any) -> Iterator[Figure]:
    """Yield an empty figure of this height in inches, to be drawn on and written within."""
    import matplotlib as mpl  # takes 0.5 s: only a report pays it
    from matplotlib.figure import Figure

    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has fonts of its own
        yield Figure(figsize=(WIDTH, height), **options)


@contextmanager
def rows_of(labels: list[str]) -> Iterator[tuple[Figure, Axes]]:
    """Yield a figure with a line for each label, the first on top."""
    shown = [label_text(label) for label in labels]
    lines = max(label.count("\n") + 1 for label in shown)
    height = HEAD + FOOT + (ROW + LETTERS * lines) * len(labels)
    with canvas(height) as figure:
        axes = figure.add_axes(
            (LABEL, FOOT / height, 1 - LABEL - VALUES, 1 - (HEAD + FOOT) / height)
        )
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_yticks(range(len(labels)), shown)
        yield figure, axes


def label_text(label: str, width: int = 19) -> str:
    """Break a label into three lines at most, without a character that no XML may hold."""
    shown = "".join(letter if letter.isprintable() else " " for letter in label)
    return textwrap.fill(shown, width, max_lines=3, placeholder=" …")


def value_text(axes: Axes, row: int, text: str) -> None:
    """Write a value at the right of a line."""
    axes.annotate(text, (1.03, row), xycoords=("axes fraction", "data"), va="center")


def inline_svg(figure: Figure, name: str, title: str, description: str) -> Markup:
    """Write a figure as an SVG element of an HTML page; its ids start with `name`.

    Inline styles become attributes, so that the page's policy can refuse every inline style.
    """
    written = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    root = ElementTree.fromstring(written.getvalue())
    for parent in root.iter():
        for child in [one for one in parent if one.tag == f"{SVG}style"]:
            parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        element.attrib = dict(_attributes(element.attrib, name))
    box = root.attrib["viewBox"]
    root.attrib = {
        "viewBox": box,
        "role": "img",
        "aria-labelledby": f"{name}-title",
        "aria-describedby": f"{name}-description",
        "stroke-linejoin": "round",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(
            tag, id=f"{name}-{'title' if tag == 'title' else 'description'}"
        )
        element.text = text
        root.insert(place, element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _attributes(given: dict[str, str], name: str) -> Iterator[tuple[str, str]]:
    """Yield an element's attributes as the page has them."""
    for key, value in given.items():
        if key == "style":
            for declaration in value.split(";"):
                what, _, how = (part.strip() for part in declaration.partition(":"))
                if what in PRESENTATION:
                    yield what, VARIABLES.get(how, how)
        elif key == "id":
            yield "id", f"{name}-{value}"
        elif key == f"{XLINK}href":
            yield "href", f"#{name}-{value[1:]}"
        else:
            yield key, value.replace("url(#", f"url(#{name}-")
