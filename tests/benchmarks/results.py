"""What a benchmark found: tables for people, JSON for programs, a picture; and where it ran."""

import argparse
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table as RichTable

import hpsearch

PACKAGES = ("optuna", "ray", "mlflow", "torch")


def describe_machine() -> dict[str, str]:
    """Return the processor, what of it is ours, the versions, the load and the date."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.system() + " " + platform.release().split("-")[0],
        "load": f"{os.getloadavg()[0]:.1f}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "versions": ", ".join(
            [
                f"Python {platform.python_version()}",
                f"hpsearch {hpsearch.__version__}",
                *(f"{name} {version(name)}" for name in PACKAGES),
            ]
        ),
    }


@dataclass(frozen=True)
class Options:
    """How to measure, and on what. `quick` proves that a script works; its numbers mean nothing."""

    output: Path
    repeats: int
    quick: bool
    machine: Mapping[str, str] = field(default_factory=describe_machine)


@dataclass(frozen=True)
class Table:
    """Cells as people read them."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Result:
    """A benchmark's outcome. `notes` are sentences made from the data, `data` holds all of it."""

    name: str
    title: str
    about: str
    tables: Sequence[Table]
    data: Mapping[str, Any]
    notes: Sequence[str] = ()


def middle(values: Sequence[float], digits: int = 0) -> str:
    """Return the median and, of several values, the range: `24 (22–27)`."""
    said = f"{statistics.median(values):,.{digits}f}"
    if len(values) < 2:
        return said
    return f"{said} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def ratio(values: Sequence[float], others: Sequence[float], digits: int = 1) -> str:
    """Return how many times as large the first are, compared within each repeat."""
    return middle([a / b for a, b in zip(values, others, strict=True)], digits) + "×"


def parse(
    about: str | None, *, repeats: int | None, **more: Mapping[str, Any]
) -> argparse.Namespace:
    """Return the command line's options; `more` are arguments of `add_argument` by name.

    `repeats` is the default; None: the benchmark has no such option.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    folder = Path(tempfile.gettempdir()) / "hpsearch-benchmarks"
    add("--output", type=Path, default=folder, help="folder of the JSON and the PNG (%(default)s)")
    if repeats is not None:
        add("--repeats", type=int, default=repeats, help="runs of each side (%(default)s)")
    add("--quick", action="store_true", help="one tiny run of each: only to see that it works")
    for name, given in more.items():
        add(f"--{name.replace('_', '-')}", **given)
    return parser.parse_args()


def options(given: argparse.Namespace) -> Options:
    """Return the options that every benchmark has."""
    repeats = 1 if given.quick else getattr(given, "repeats", 1)
    return Options(given.output, repeats, given.quick)


def publish(result: Result, chosen: Options, draw: Callable[[Any], None]) -> None:
    """Print the tables and write JSON and picture; `draw` is given matplotlib's axes."""
    chosen.output.mkdir(parents=True, exist_ok=True)
    content = {**asdict(result), **asdict(chosen)}
    file = chosen.output / f"{result.name}.json"
    file.write_text(json.dumps(content, indent=1, default=str) + "\n")
    _draw(file.with_suffix(".png"), result.title, draw)
    console = Console()
    for table in result.tables:
        shown = RichTable(*table.columns, title=table.title, title_justify="left")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
    for note in result.notes:
        console.print(note, highlight=False)
    console.print(f"{file} and .png, {chosen.machine['date']}, load {chosen.machine['load']}")


def say(text: str) -> None:
    """Tell who waits what is being done."""
    Console(stderr=True).print(text, style="dim", highlight=False)


def bars(axes: Any, values: Mapping[str, Sequence[float]], label: str) -> None:
    """Draw medians as bars, each with its range and its number."""
    names = list(values)[::-1]
    middles = [statistics.median(values[name]) for name in names]
    below = [m - min(values[n]) for m, n in zip(middles, names, strict=True)]
    above = [max(values[n]) - m for m, n in zip(middles, names, strict=True)]
    drawn = axes.barh(names, middles, xerr=[below, above], color="#3a6ea5", ecolor="#333333")
    axes.bar_label(drawn, [f" {m:,.3g}" for m in middles])
    axes.margins(x=0.15)
    axes.set_xlabel(label)


def _draw(file: Path, title: str, draw: Callable[[Any], None]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    axes.set_title(title)
    draw(axes)
    figure.savefig(file, dpi=120)
    pyplot.close(figure)
