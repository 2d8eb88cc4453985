"""What the search loop itself costs a trial, by the number of trials: processor, in simulated time.

    python -m tests.benchmarks.quality.loop --trials 1000 10000

No Ray, no MLflow, no disk: the loop, the study and a pruner, on eight slots, with random proposals.
As much with many trials as with few, unless something looks at all of them again and again.
"""

import argparse
import time
from collections.abc import Mapping
from typing import Any

from tests.benchmarks.quality.known import scaled_task
from tests.benchmarks.quality.several import GOALS
from tests.benchmarks.quality.simulation import MANY, Side, simulate

ASHA = {"pruner": {"type": "asha", "min_resource": 1}}
MEDIAN = {"pruner": {"type": "median"}}
SEARCHES: Mapping[str, Mapping[str, Any]] = {
    "none": {"pruner": {"type": "none"}},
    "median": MEDIAN,
    "median, a constraint": {**MEDIAN, "constraints": {"cost": {"at_most": 0.5}}},
    "asha": ASHA,
    "asha, two objectives": {**ASHA, **GOALS},
    "patient": {"pruner": {"type": "patient", "patience": 2}},
    "successive_halving": {"pruner": {"type": "successive_halving"}},
}
SLOTS = 8


def cost(params: Mapping[str, Any]) -> Mapping[str, float]:
    """Return a second metric, which hyperparameters alone decide: from 0 to 1."""
    return {"cost": (params["x0"] + params["x1"]) / 2}


def milliseconds(search: str, trials: int) -> float:
    """Return what a trial costs on average in a search of so many."""
    task, _ = scaled_task("hartmann")
    budget = {"trials": trials, "minutes": MANY}
    side = Side({"sampler": {"type": "random"}, **SEARCHES[search], "budget": budget})
    begun = time.process_time()
    simulate(task, side, slots=SLOTS, seconds=MANY * 60, seed=0, further=cost)
    return (time.process_time() - begun) / trials * 1000


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", nargs="+", type=int, default=[1000, 10_000])
    sizes = parser.parse_args().trials
    print("| search |", *(f"{size:,} trials |" for size in sizes))  # noqa: T201
    print("| --- |", *("--- |" for _ in sizes))  # noqa: T201
    for search in SEARCHES:
        costs = [f"{milliseconds(search, size):.1f} ms |" for size in sizes]
        print(f"| {search} |", *costs, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
