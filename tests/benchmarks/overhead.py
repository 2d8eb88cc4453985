"""1. Overhead: what an engine costs a trial.

Trials do nothing but report three times, on two slots. A side's cost is the time from the first
trial's first step until the last trial is recorded, divided by the number of trials; what comes
before is benchmark 3. hpsearch and Ray Tune record in MLflow on SQLite, plain Optuna nowhere else.
hpsearch's time has the report in it as well, which it draws at the end of every search.
"""

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

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


def measure(chosen: Options, samplers: list[str]) -> dict[Case, list[float]]:
    """Return milliseconds a trial by side, sampler and number of trials."""
    cases = [
        (side, sampler, trials)
        for sampler in samplers
        for side, sizes in SIZES.items()
        for trials in ((10,) if chosen.quick else sizes)
    ]
    costs: dict[Case, list[float]] = {case: [] for case in cases}
    for case in in_turns(cases, chosen.repeats):
        if case[2] < ONCE or not costs[case]:
            costs[case].append(_cost(*case))
    return costs


def _cost(side: str, sampler: str, trials: int) -> float:
    say(f"overhead: {side}, {sampler}, {trials} trials")
    with folder_for(experiment("noop", trials, sampler=sampler)) as folder:
        seen = observe(ENGINES[side], folder)
        return (seen.recorded - seen.first("begin")) / trials * 1000


def tabulate(costs: dict[Case, list[float]]) -> Table:
    """Each side beside hpsearch with the same sampler and its fewest trials."""
    ours: dict[str, list[float]] = {}
    for (_, sampler, _), values in costs.items():
        ours.setdefault(sampler, values)  # hpsearch's smallest size comes first
    rows = [
        [side, sampler, f"{trials:,}", middle(values), ratio(values, ours[sampler][: len(values)])]
        for (side, sampler, trials), values in costs.items()
    ]
    columns = ["side", "sampler", "trials", "ms a trial", "of hpsearch's first"]
    return Table("Milliseconds a trial", columns, rows)


def notes(costs: dict[Case, list[float]]) -> Iterator[str]:
    """Say what one more trial costs hpsearch, without what is there once in every search."""
    for sampler in dict.fromkeys(sampler for _, sampler, _ in costs):
        totals = {
            trials: median(costs["hpsearch", sampler, trials]) * trials
            for trials in SIZES["hpsearch"]
            if ("hpsearch", sampler, trials) in costs
        }
        for (few, less), (many, more) in pairwise(totals.items()):
            each = (more - less) / (many - few)
            said = f"hpsearch, {sampler}: from {few:,} to {many:,} trials, each more {each:.1f} ms"
            if few == min(totals):
                said += f"; {(less - each * few) / 1000:.1f} s are there once, with the report"
            yield f"{said}."


def main() -> None:
    """Measure and publish."""
    given = parse(
        __doc__,
        repeats=3,
        samplers={"nargs": "+", "choices": ["random", "tpe"], "default": ["random", "tpe"]},
    )
    chosen = options(given)
    costs = measure(chosen, given.samplers)
    shown = {f"{side}, {sampler}, {trials:,}": v for (side, sampler, trials), v in costs.items()}
    result = Result(
        "overhead", "Overhead", __doc__ or "", [tabulate(costs)], {"ms": shown}, [*notes(costs)]
    )
    publish(result, chosen, lambda axes: bars(axes, shown, "milliseconds a trial"))


if __name__ == "__main__":
    main()
