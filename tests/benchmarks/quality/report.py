"""Mean regrets, mean ranks, and paired differences with intervals, as text."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np


@dataclass(frozen=True)
class Row:
    """A simulated search: its task, side, workers and seed, and a regret for each share."""

    case: tuple[str, str, int, int]
    regrets: Sequence[float]

    @classmethod
    def parse(cls, line: str) -> "Row":
        """Return the row of a line of the output."""
        (task, side, workers, seed), found = json.loads(line)
        return cls((task, side, workers, seed), found)


def print_report(rows: Sequence[Row], shares: Sequence[float]) -> None:
    """Print a table for each number of workers, over all tasks and seeds, and one for each task."""
    by_workers = sorted(rows, key=lambda row: row.case[2])
    for workers, found in groupby(by_workers, key=lambda row: row.case[2]):
        group = list(found)
        _print(f"{workers} workers, all tasks", group, shares)
        for task in sorted({row.case[0] for row in group}):
            _print(f"  {task}", [row for row in group if row.case[0] == task], shares)


def _print(title: str, rows: Sequence[Row], shares: Sequence[float]) -> None:
    sides: dict[str, dict[tuple[str, int], Sequence[float]]] = defaultdict(dict)
    for row in rows:
        task, side, _, seed = row.case
        sides[side][task, seed] = row.regrets
    together = set.intersection(*(set(found) for found in sides.values()))
    pairs = sorted(together)
    table = {side: np.array([found[one] for one in pairs]) for side, found in sides.items()}
    ends = np.array([one[:, -1] for one in table.values()])
    ranks = dict(zip(table, (ends.argsort(0).argsort(0) + 1).mean(1), strict=True))
    best = min(table, key=lambda side: table[side][:, -1].mean())
    print(f"\n{title} ({len(pairs)} searches a side)")  # noqa: T201
    head = "".join(f"{share:>8.0%}" for share in shares)
    print(f"{'side':32}{head}    rank   behind the best at the end (95%)")  # noqa: T201
    for side, found in table.items():
        regrets = "".join(f"{one:8.3f}" for one in found.mean(0))
        behind = found[:, -1] - table[best][:, -1]
        error = 1.96 * behind.std() / np.sqrt(max(len(behind), 1))
        text = "" if side == best else f"{behind.mean():8.3f} ± {error:.3f}"
        print(f"{side:32}{regrets}{ranks[side]:8.2f}   {text}")  # noqa: T201
