"""1. Overhead: what an engine costs a trial.

Trials do nothing but report three times, on two slots. A side's cost is the time from the first
trial's first step until the last trial is recorded, divided by the number of trials; what comes
before is benchmark 3. hpsearch and Ray Tune record in MLflow on SQLite, which is looked at from
outside; plain Optuna records nowhere else. The last column goes on until the command has ended:
hpsearch draws its report then, once in every search, and ends Ray.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.benchmarks.results import (
    Options,
    Result,
    Table,
    bars,
    middle,
    options,
    parse,
    publish,
    ratio,
    say,
)
from tests.benchmarks.sides import ENGINES, folder_for, in_turns, observe
from tests.benchmarks.workloads import experiment

SIZES = {
    "hpsearch": (100, 1_000, 10_000),
    "Ray Tune, reuse": (100,),
    "Ray Tune, defaults": (20,),
    "Optuna, journal": (100, 1_000),
    "Optuna, SQLite": (100,),
}
"""Trials of a run. Ray Tune's cost does not fall with more of them, and they would take hours."""
ONCE = 10_000
"""So many trials are run once, after all the others, and with the random sampler alone: with TPE,
whose own time grows with them, that takes a quarter of an hour."""

Case = tuple[str, str, int]


@dataclass(frozen=True)
class Cost:
    """Milliseconds a trial, until the last one is recorded and until the command has ended."""

    recorded: float
    ended: float


Costs = Mapping[Case, list[Cost]]


def measure(chosen: Options, samplers: list[str]) -> Iterator[Costs]:
    """Give the costs by side, sampler and number of trials, whenever there are more of them."""
    cases = [
        (side, sampler, trials)
        for sampler in samplers
        for side, sizes in SIZES.items()
        for trials in ((10,) if chosen.quick else sizes)
        if trials < ONCE or sampler == "random"
    ]
    costs: defaultdict[Case, list[Cost]] = defaultdict(list)
    for case in in_turns([case for case in cases if case[2] < ONCE], chosen.repeats):
        costs[case].append(_cost(*case))
    yield costs
    for case in [case for case in cases if case[2] >= ONCE]:
        costs[case].append(_cost(*case))
        yield costs


def _cost(side: str, sampler: str, trials: int) -> Cost:
    say(f"overhead: {side}, {sampler}, {trials} trials")
    with folder_for(experiment("noop", trials, sampler=sampler)) as folder:
        seen = observe(ENGINES[side], folder, trials=trials)
    begun = seen.first("begin")
    ends = (seen.recorded, seen.seconds)
    return Cost(*((end - begun) / trials * 1000 for end in ends))


def tabulate(costs: Costs) -> Table:
    """Each side beside hpsearch with the same sampler and its fewest trials."""
    ours: dict[str, list[Cost]] = {}
    rows = []
    for (side, sampler, trials), values in costs.items():
        first = ours.setdefault(sampler, values)  # hpsearch's smallest size comes first
        recorded = [cost.recorded for cost in values]
        compared = ratio(recorded, [cost.recorded for cost in first][: len(values)])
        ended = middle([cost.ended for cost in values])
        rows.append([side, sampler, f"{trials:,}", middle(recorded), compared, ended])
    columns = ["side", "sampler", "trials", "ms a trial", "of hpsearch's first", "until its end"]
    return Table("Milliseconds a trial", columns, rows)


def main() -> None:
    """Measure, and publish what there is by then."""
    given = parse(
        __doc__,
        repeats=3,
        samplers={"nargs": "+", "choices": ["random", "tpe"], "default": ["random", "tpe"]},
    )
    chosen = options(given)
    for costs in measure(chosen, given.samplers):
        data = {what: _shown(costs, what) for what in ("recorded", "ended")}
        result = Result("overhead", "Overhead", __doc__ or "", [tabulate(costs)], data)
        publish(result, chosen, partial(_draw, data["recorded"]))


def _shown(costs: Costs, what: str) -> dict[str, list[float]]:
    return {
        f"{side}, {sampler}, {trials:,}": [getattr(cost, what) for cost in values]
        for (side, sampler, trials), values in costs.items()
    }


def _draw(shown: Mapping[str, list[float]], axes: Any) -> None:
    bars(axes, shown, "milliseconds a trial")


if __name__ == "__main__":
    main()
