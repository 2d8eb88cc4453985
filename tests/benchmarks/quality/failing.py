"""How many proposals fail in a space in which a corner fails: the corner in which the best is.

    python -m tests.benchmarks.quality.failing --seeds 5 --workers 4

A trial there reports no number from its second step on. Prints for each sampler the share of the
configurations that failed, in all and in the second half of the search, and the regret at the end.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from tests.benchmarks.quality.known import scaled_task
from tests.benchmarks.quality.simulation import Side, simulate
from tests.benchmarks.quality.task import Curve, Scale, Task, draw

TASKS = ("mixed", "hartmann", "network_on_digits", "trees_on_diabetes")
LARGE = 1e6
"""The loss before a trial in the corner fails."""

TRAININGS = 40
ASHA = {"type": "asha", "min_resource": 3, "reduction_factor": 3}
NO_LIMIT = {"trials": 1_000_000, "failed_in_a_row": None, "failed_share": None}


class Failing:
    """See `task.Task`: another task of which a corner, of two parameters, fails."""

    def __init__(self, task: Task) -> None:
        self.name, self.space = task.name, task.space
        self.steps, self.stride = task.steps, task.stride
        self._task = task
        self.tried: dict[str, bool] = {}
        random = np.random.default_rng(0)
        drawn = [draw(task.space, random) for _ in range(2000)]
        best = min(drawn, key=lambda params: task.curve(params).min())
        places = {name: self._place(name, best[name]) for name in best if self._is_number(name)}
        corner = sorted(places, key=lambda name: -abs(places[name] - 0.5))[:2]
        self._corner = {name: places[name] > 0.5 for name in corner}
        whole = [task.curve(params).min() for params in drawn if not self.fails(params)]
        seconds = fmean(task.step_seconds(params) for params in drawn) * task.steps
        self.scale = Scale(float(min(whole)), float(np.median(whole)), float(seconds))

    def fails(self, params: Mapping[str, Any]) -> bool:
        """Return whether a configuration is in the corner."""
        return all(
            name in params and (self._place(name, params[name]) > 0.5) is is_high
            for name, is_high in self._corner.items()
        )

    def curve(self, params: Mapping[str, Any]) -> Curve:
        """Return the losses of a configuration; infinite ones in the corner."""
        known = {name: params[name] for name in self.space if name in params}
        fails = self.tried[repr(known)] = self.fails(params)
        broken = np.array([LARGE, *[np.inf] * (self.steps - 1)])
        return broken if fails else self._task.curve(params)

    def step_seconds(self, params: Mapping[str, Any]) -> float:
        """Return the seconds of a step."""
        return self._task.step_seconds(params)

    def _is_number(self, name: str) -> bool:
        one = self.space[name]
        return one["type"] != "categorical" and not one.get("when")

    def _place(self, name: str, value: float) -> float:
        one = self.space[name]
        scaled = np.log if one.get("log") else float
        low, high = scaled(one["low"]), scaled(one["high"])
        return float((scaled(value) - low) / (high - low))


def main(words: Sequence[str]) -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality.failing")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--sampler", action="append")
    parser.add_argument("--task", action="append", choices=TASKS)
    chosen = parser.parse_args(words)
    sys.stdout.write("sampler  task                 failed  second half  regret\n")
    for sampler in chosen.sampler or ["tpe", "forest"]:
        rows = []
        for name in chosen.task or TASKS:
            found = [_search(name, sampler, chosen.workers, seed) for seed in range(chosen.seeds)]
            rows.append([fmean(column) for column in zip(*found, strict=True)])
            _print(sampler, name, rows[-1])
        _print(sampler, "mean", [fmean(column) for column in zip(*rows, strict=True)])


def _search(name: str, sampler: str, workers: int, seed: int) -> tuple[float, float, float]:
    task = Failing(scaled_task(name)[0])
    sections = {"sampler": {"type": sampler}, "pruner": ASHA, "budget": NO_LIMIT}
    seconds = TRAININGS * task.scale.full_seconds / workers
    trace = simulate(task, Side(sections), slots=workers, seconds=seconds, seed=seed)
    failed = [*task.tried.values()]
    regret = task.scale.regret(trace.lowest[-1][1])
    return fmean(failed), fmean(failed[len(failed) // 2 :]), regret


def _print(sampler: str, task: str, row: Sequence[float]) -> None:
    numbers = f"{row[0]:6.3f}  {row[1]:11.3f}  {row[2]:6.3f}"
    sys.stdout.write(f"{sampler:8} {task:20} {numbers}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
