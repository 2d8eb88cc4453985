"""Simulates searches and prints regrets: 0 is the best known loss, 1 the median.

    python -m tests.benchmarks.quality --seeds 20 --workers 4 --workers 16

The budget of a search is that of 40 full trainings. Simulations run on so many cores as
`--processes` says, and each result goes to `--output` as a line of JSON, which a second run reads.
"""

import sys

from tests.benchmarks.quality.cases import TRAININGS, Case, simulate_cases
from tests.benchmarks.quality.report import Progress
from tests.benchmarks.quality.sides import SIDES


def regrets(case: Case) -> Progress:
    """Return the regrets of one simulated search, each time that it found a better one."""
    from tests.benchmarks.quality.known import scaled_task
    from tests.benchmarks.quality.simulation import simulate

    name, side, workers, seed = case
    task, scale = scaled_task(name)
    seconds = TRAININGS * scale.full_seconds / workers
    trace = simulate(task, SIDES[side], slots=workers, seconds=seconds, seed=seed)
    return [(when / seconds, scale.regret(loss)) for when, loss in trace.lowest]


if __name__ == "__main__":
    simulate_cases(
        sys.argv[1:],
        regrets,
        sides=SIDES,
        program="python -m tests.benchmarks.quality",
        about=__doc__,
    )
