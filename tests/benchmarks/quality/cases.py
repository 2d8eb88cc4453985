"""The cases of a run, as the command line asks for them: simulated, and kept in a file."""

import argparse
import json
import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.benchmarks.quality.known import grid_names, task_names
from tests.benchmarks.quality.report import Progress, Row, print_report

TRAININGS = 40
"""Of mean length: the budget of a search, shared by its workers."""
Case = tuple[str, str, int, int]
"""A task, a side, the workers, a seed."""
Simulation = Callable[[Case], Progress]
"""Returns a case's progress; can be pickled."""


def simulate_cases(
    words: Sequence[str], progress: Simulation, *, sides: Collection[str], program: str, about: str
) -> None:
    """Simulate what is not in the output yet, and print the report of all that is there."""
    chosen = _parser(sides, program, about).parse_args(words)
    cases = [
        (task, side, workers, seed)
        for seed in range(chosen.seeds)
        for workers in chosen.workers or [4, 16]
        for task in chosen.task or task_names()
        for side in chosen.side or sides
    ]
    known = {tuple(row.case) for row in _rows(chosen.output)}
    _simulate([case for case in cases if case not in known], progress, chosen)
    print_report(_rows(chosen.output))


def _parser(sides: Collection[str], program: str, about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description=about)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--workers", type=int, action="append")
    parser.add_argument("--side", action="append", choices=sides)
    parser.add_argument("--task", action="append", choices=task_names() + grid_names())
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--output", type=Path, default=Path("quality.jsonl"))
    return parser


def _rows(output: Path) -> list[Row]:
    return [*map(Row.parse, output.read_text().splitlines())] if output.exists() else []


def _simulate(cases: Sequence[Case], progress: Simulation, chosen: argparse.Namespace) -> None:
    with ProcessPoolExecutor(chosen.processes) as pool, chosen.output.open("a") as file:
        futures = {pool.submit(progress, case): case for case in cases}
        for future in as_completed(futures):
            file.write(json.dumps([futures[future], future.result()]) + "\n")
            file.flush()
