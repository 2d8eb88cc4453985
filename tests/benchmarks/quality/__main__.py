"""Simulates searches and prints regrets: 0 is the best known loss, 1 the median.

    python -m tests.benchmarks.quality --seeds 20 --workers 4 --workers 16

The budget of a search is that of 40 full trainings. Simulations run on so many cores as
`--processes` says, and each result goes to `--output` as a line of JSON, which a second run reads.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.benchmarks.quality.report import Row, print_report
from tests.benchmarks.quality.sides import SIDES

TRAININGS = 40
SHARES = (0.1, 0.25, 0.5, 1.0)
"""The parts of the budget after which the best trial is looked at."""

Case = tuple[str, str, int, int]
"""A task, a side, the workers, a seed."""


def task_names() -> list[str]:
    """Return the names of all tasks."""
    from tests.benchmarks.quality.analytic import FORMULAS
    from tests.benchmarks.quality.tables import FOLDER

    return [one.name for one in FORMULAS] + [one.stem for one in sorted(FOLDER.glob("*.npz"))]


def regrets(case: Case) -> list[float]:
    """Return the regrets of one simulated search after each share of the budget."""
    from tests.benchmarks.quality.known import scaled_task
    from tests.benchmarks.quality.simulation import simulate

    name, side, workers, seed = case
    task, scale = scaled_task(name)
    seconds = TRAININGS * scale.full_seconds / workers
    trace = simulate(task, SIDES[side], slots=workers, seconds=seconds, seed=seed)
    found = []
    for share in SHARES:
        losses = [loss for when, loss in trace.lowest if when <= share * seconds]
        found.append(scale.regret(losses[-1]) if losses else 1.0)
    return found


def main(words: Sequence[str]) -> None:
    """Simulate what is not in the output yet, and print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--workers", type=int, action="append")
    parser.add_argument("--side", action="append", choices=SIDES)
    parser.add_argument("--task", action="append", choices=task_names())
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--output", type=Path, default=Path("quality.jsonl"))
    chosen = parser.parse_args(words)
    cases = [
        (task, side, workers, seed)
        for seed in range(chosen.seeds)
        for workers in chosen.workers or [4, 16]
        for task in chosen.task or task_names()
        for side in chosen.side or SIDES
    ]
    rows = [*measure(cases, chosen.output, chosen.processes)]
    print_report(rows, SHARES)


def measure(cases: Sequence[Case], output: Path, processes: int) -> Iterator[Row]:
    """Give the row of each case, from the output or simulated now."""
    lines = output.read_text().splitlines() if output.exists() else []
    known = {tuple(row.case): row for row in map(Row.parse, lines)}
    yield from (known[case] for case in cases if case in known)
    left = [case for case in cases if case not in known]
    with ProcessPoolExecutor(processes) as pool, output.open("a") as file:
        futures = {pool.submit(regrets, case): case for case in left}
        for future in as_completed(futures):
            row = Row(futures[future], future.result())
            file.write(json.dumps([row.case, row.regrets]) + "\n")
            file.flush()
            yield row


if __name__ == "__main__":
    main(sys.argv[1:])
