"""Means, ranks, the time to random search's end and paired differences, as tables in Markdown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import Any

import numpy as np
from scipy.stats import rankdata

SHARES = (0.1, 0.25, 0.5, 1.0)
"""The parts of the budget after which a search is looked at."""

Progress = Sequence[tuple[float, float]]
"""After which part of the budget a search's measure fell, and to what; lower is better."""

FIRST = "auto"
"""The side that the others are compared with, if it was simulated; else the first."""
RANDOM = "random"


@dataclass(frozen=True)
class Row:
    """A simulated search: its task, side, workers and seed, and its progress."""

    case: tuple[str, str, int, int]
    progress: Progress

    @classmethod
    def parse(cls, line: str) -> "Row":
        """Return the row of a line of the output."""
        (task, side, workers, seed), found = json.loads(line)
        return cls((task, side, workers, seed), found)

    def after(self, share: float) -> float:
        """Return the measure after a part of the budget; 1 before the first."""
        return next((value for when, value in reversed(self.progress) if when <= share), 1.0)

    def reaches(self, value: float) -> float:
        """Return after which part of the budget the measure is so low; infinite if it never is."""
        return next((when for when, own in self.progress if own <= value), inf)


Searches = Mapping[tuple[str, int], Row]
"""The searches of one side by task and seed."""


def print_report(rows: Sequence[Row]) -> None:
    """Print a table for each number of workers, over all tasks and seeds, and one for each task."""
    by_workers = sorted(rows, key=lambda row: row.case[2])
    for workers, found in groupby(by_workers, key=lambda row: row.case[2]):
        group = list(found)
        _print(f"{workers} workers, all tasks", group)
        for task in sorted({row.case[0] for row in group}):
            _print(f"{workers} workers, {task}", [row for row in group if row.case[0] == task])


def _print(title: str, rows: Sequence[Row]) -> None:
    sides: dict[str, dict[tuple[str, int], Row]] = {}
    for row in rows:
        task, side, _, seed = row.case
        sides.setdefault(side, {})[task, seed] = row
    first = FIRST if FIRST in sides else next(iter(sides))
    shares = ", ".join(f"{share:.0%}" for share in SHARES)
    heads = ["side", "searches", *(f"{share:.0%}" for share in SHARES), "rank",
             "as good as random search's end after", f"{first} − side at {shares}"]  # fmt: skip
    order = sorted(sides, key=lambda side: (side != first, side))
    lines = [_line(side, sides[side], sides, first) for side in order]
    print(f"\n**{title}**\n")  # noqa: T201
    for cells in (heads, ["---"] * len(heads), *lines):
        print(f"| {' | '.join(cells)} |")  # noqa: T201


def _line(side: str, found: Searches, sides: Mapping[str, Searches], first: str) -> list[str]:
    means = [f"{np.mean([row.after(share) for row in found.values()]):.2f}" for share in SHARES]
    differences = [] if side == first else _differences(sides[first], found)
    return [side, str(len(found)), *means, _rank(side, sides), _time(found, sides.get(RANDOM, {})),
            ", ".join(differences)]  # fmt: skip


def _differences(ours: Searches, others: Searches) -> Iterator[str]:
    """Give the mean paired difference after each share, with half of its 95% interval."""
    pairs = [(ours[one], row) for one, row in others.items() if one in ours]
    for share in SHARES if pairs else ():
        found = np.array([own.after(share) - other.after(share) for own, other in pairs])
        error = 1.96 * found.std() / np.sqrt(max(len(found) - 1, 1))
        yield f"{found.mean():+.2f} ± {error:.2f}"


def _rank(side: str, sides: Mapping[str, Searches]) -> str:
    """Return a side's mean rank at the end among all sides, where all were simulated."""
    together = sorted(set.intersection(*(set(found) for found in sides.values())))
    ends: Any = [[found[one].after(1.0) for one in together] for found in sides.values()]
    mean = dict(zip(sides, np.mean(rankdata(ends, axis=0), axis=1), strict=True))
    return f"{mean[side]:.1f}" if together else ""


def _time(found: Searches, random: Searches) -> str:
    """Return the median part of the budget until a search is as good as random search's end."""
    times = [row.reaches(random[one].after(1.0)) for one, row in found.items() if one in random]
    if not times:
        return ""
    median = float(np.median(times))
    return "never" if median == inf else f"{median:.2f}"
