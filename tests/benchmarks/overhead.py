"""1. Overhead: what an engine costs a trial.

Trials do nothing but report three times, on two slots. A side's cost is the time from the first
trial's first step until the last trial is recorded, divided by the number of trials; what comes
before is benchmark 3. hpsearch and Ray Tune record in MLflow on SQLite, which is looked at from
outside; plain Optuna records nowhere else. The last column goes on until the command has ended:
hpsearch draws its report then, once in every search, and ends Ray.
"""

from dataclasses import dataclass

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
"""So many trials are run once, in the first repeat."""

Case = tuple[str, str, int]


@dataclass(frozen=True)
class Cost:
    """Milliseconds a trial, until the last one is recorded and until the command has ended."""

    recorded: float
    ended: float


def measure(chosen: Options, samplers: list[str]) -> dict[Case, list[Cost]]:
    """Return the cost by side, sampler and number of trials."""
    cases = [
        (side, sampler, trials)
        for sampler in samplers
        for side, sizes in SIZES.items()
        for trials in ((10,) if chosen.quick else sizes)
    ]
    costs: dict[Case, list[Cost]] = {case: [] for case in cases}
    for case in in_turns(cases, chosen.repeats):
        if case[2] < ONCE or not costs[case]:
            costs[case].append(_cost(*case))
    return costs


def _cost(side: str, sampler: str, trials: int) -> Cost:
    say(f"overhead: {side}, {sampler}, {trials} trials")
    with folder_for(experiment("noop", trials, sampler=sampler)) as folder:
        seen = observe(ENGINES[side], folder, trials=trials)
    begun = seen.first("begin")
    ends = (seen.recorded, seen.seconds)
    return Cost(*((end - begun) / trials * 1000 for end in ends))


def tabulate(costs: dict[Case, list[Cost]]) -> Table:
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
    """Measure and publish."""
    given = parse(
        __doc__,
        repeats=3,
        samplers={"nargs": "+", "choices": ["random", "tpe"], "default": ["random", "tpe"]},
    )
    chosen = options(given)
    costs = measure(chosen, given.samplers)
    data = {what: _shown(costs, what) for what in ("recorded", "ended")}
    result = Result("overhead", "Overhead", __doc__ or "", [tabulate(costs)], data)
    publish(result, chosen, lambda axes: bars(axes, data["recorded"], "milliseconds a trial"))


def _shown(costs: dict[Case, list[Cost]], what: str) -> dict[str, list[float]]:
    return {
        f"{side}, {sampler}, {trials:,}": [getattr(cost, what) for cost in values]
        for (side, sampler, trials), values in costs.items()
    }


if __name__ == "__main__":
    main()
