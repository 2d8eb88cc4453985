"""How all pictures look, and how a figure becomes a PNG."""

import io
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.common.text import printable

Of = TypeVar("Of")

INK, MUTED, GRID = "#1f2328", "#667085", "#e3e6ea"
COMPLETE, PRUNED, FAILED, RUNNING = "#2a9d6f", "#d08a16", "#d1495b", "#3a7ec9"
INFEASIBLE = "#7a6f9b"
ACCENT, CARD = "#6c5ce0", "#fffffe"

PALETTE = {
    "ink": INK,
    "muted": MUTED,
    "grid": GRID,
    "complete": COMPLETE,
    "pruned": PRUNED,
    "failed": FAILED,
    "infeasible": INFEASIBLE,
    "running": RUNNING,
    "accent": ACCENT,
    "card": CARD,
}
"""The page has CSS variables of these names; the values are those of the light theme."""

DENSE = 1000
"""Points; a layer of more is drawn as pixels, which show nothing on hover."""

WIDTH = 8.6
"""Inches of a picture over the page's whole width; the page shows 96 pixels for each."""

_DRAWING = threading.RLock()
"""Held while matplotlib has our settings, which belong to the whole process."""

_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so that every machine draws the same
    "text.parse_math": False,  # a `$` in a parameter's name is a `$`
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.unicode_minus": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: small, found by a search, read by a screen reader
    "svg.hashsalt": "hpsearch",  # equal pictures give equal files
}


@dataclass
class Picture:
    """A figure; `tips` are the hover texts of an artist's elements, `notes` the lines below it."""

    figure: Figure
    name: str
    title: str
    notes: list[str] = field(default_factory=list)
    tips: dict[str, Sequence[str]] = field(default_factory=dict)

    def tell(
        self, artist: Artist, elements: Sequence[Of], text: Callable[[Of], str], most: int = DENSE
    ) -> None:
        """Give the artist's elements their hover texts, unless there are too many to have any."""
        if len(elements) > most:
            artist.set_rasterized(True)
            self.note(
                f"More than {most} marks of a kind are drawn as pixels, without texts on hover."
            )
            return
        key = f"{self.name}-tips-{len(self.tips)}"
        artist.set_gid(key)
        self.tips[key] = [text(one) for one in elements]

    def note(self, text: str) -> None:
        """Add a line below the picture, once."""
        if text not in self.notes:
            self.notes.append(text)


@contextmanager
def style() -> Iterator[None]:
    """Draw in our style within this block, whatever the user's own matplotlibrc says."""
    with _DRAWING, mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # drawn as a box; the SVG has text
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def label(text: object, most: int = 24) -> str:
    """Return a text from elsewhere as a label: one line, only printable characters, cut."""
    line = " ".join(printable(str(text)).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plot(name: str, title: str, width: float = WIDTH, height: float = 3.6) -> tuple[Picture, Axes]:
    """Return an empty picture of so many inches, and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return Picture(figure, name, title), figure.add_subplot()


def png(picture: Picture) -> bytes:
    """Return the picture as PNG with its title and notes, on white."""
    figure, beside = picture.figure, {"x": 0.01, "ha": "left"}
    figure.suptitle(picture.title, **beside, fontsize=12, color=INK)
    notes = textwrap.fill(" ".join(picture.notes), int(14 * figure.get_figwidth()))
    figure.supxlabel(notes, **beside, fontsize=8, color=MUTED)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=144, facecolor="white")
    return file.getvalue()
