"""Whether the meter's promises come true: simulated searches, what it said and what followed.

    python -m tests.benchmarks.quality.promises --seeds 7

Each search is as long as 60 to 120 full trainings, on four workers. At four moments the meter says
how likely it is that the best improves by more than the noise within a part of the time so far.
What each search found goes to `--output` as a line of JSON, which a second run reads.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from hpsearch.analysis.prospect import (
    LAST_REPORTS,
    LEAST_TRIALS,
    chance_of_another,
    new_bests,
    noise_of,
)
from tests.benchmarks.quality.known import scaled_task, task_names
from tests.benchmarks.quality.sides import SIDES
from tests.benchmarks.quality.simulation import simulate

TRAININGS = {"random": 120, "random + asha": 80, "tpe + median": 60, "tpe + asha": 60}
"""The sides, and the length of their searches in full trainings."""

SLOTS = 4
MOMENTS = (0.3, 0.45, 0.6, 0.75)
HORIZONS = (0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Parts of the time so far."""

BINS = (0, 0.05, 0.08, 0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 1)
FIRST_SEED = 1000
"""Seeds that no other benchmark uses."""


@dataclass(frozen=True)
class Found:
    """The complete trials of a search, as they ended: when, the loss, the last reports."""

    case: tuple[str, str, int]
    seconds: float
    rows: Sequence[tuple[float, float, Sequence[float]]]


@dataclass(frozen=True)
class Promise:
    """What was promised in a search, and whether it came."""

    case: tuple[str, str, int]
    chance: float
    came: bool


def search(task: str, side: str, seed: int) -> Found:
    """Simulate a search."""
    made, scale = scaled_task(task)
    seconds = TRAININGS[side] * scale.full_seconds / SLOTS
    trace = simulate(made, SIDES[side], slots=SLOTS, seconds=seconds, seed=FIRST_SEED + seed)
    rows = [
        (when, one.values[0], [m.metrics["loss"] for m in one.measurements[-LAST_REPORTS:]])
        for when, one in trace.ended
        if one.state == "complete"
    ]
    return Found((task, side, seed), seconds, rows)


def promises(found: Found) -> Iterator[Promise]:
    """Give what the meter promises at each moment and for each horizon."""
    for share in MOMENTS:
        now = share * found.seconds
        past = [row for row in found.rows if row[0] <= now]
        if len(past) < LEAST_TRIALS:
            continue
        best = sorted(past, key=lambda row: row[1])[: max(3, len(past) // 4)]
        noise = noise_of([tail for *_, tail in best])
        passed, bests = new_bests([-loss for _, loss, _ in past], noise)
        for horizon in HORIZONS:
            end = now * (1 + horizon)
            if end <= found.seconds:
                losses = [loss for when, loss, _ in found.rows if now < when <= end]
                came = any(loss < best[0][1] - noise for loss in losses)
                yield Promise(found.case, chance_of_another(passed, bests, horizon), came)


def print_table(given: Sequence[Promise]) -> None:
    """Print what was promised and what came, by the promise and by the search."""
    chances = np.array([one.chance for one in given])
    came = np.array([one.came for one in given])
    print("promised   on average      came   promises")  # noqa: T201
    for low, high in pairwise(BINS):
        inside = (chances >= low) & (chances < high)
        if inside.any():
            row = f"{chances[inside].mean():10.3f}{came[inside].mean():10.3f}{inside.sum():11}"
            print(f"{low:4.0%} – {high:3.0%} {row}")  # noqa: T201
    for part in (0, 1):
        for name in sorted({one.case[part] for one in given}):
            own = np.array([one.case[part] == name for one in given])
            row = f"{chances[own].mean():6.3f} {came[own].mean():6.3f} {own.sum():6}"
            print(f"{name:24}{row}")  # noqa: T201


def main(words: Sequence[str]) -> None:
    """Simulate what is not in the output yet, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality.promises")
    parser.add_argument("--seeds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=Path("promises.jsonl"))
    chosen = parser.parse_args(words)
    lines = chosen.output.read_text().splitlines() if chosen.output.exists() else []
    known = {tuple(one["case"]): Found(**one) for one in map(json.loads, lines)}
    with chosen.output.open("a") as file:
        for seed in range(chosen.seeds):
            for case in ((task, side, seed) for side in TRAININGS for task in task_names()):
                if case not in known:
                    known[case] = search(*case)
                    file.write(json.dumps(asdict(known[case])) + "\n")
                    file.flush()
    print_table([one for found in known.values() for one in promises(found)])


if __name__ == "__main__":
    main(sys.argv[1:])
