"""6. Memory: the peak of the driver and of its workers.

Each side searches the CNN of experiments/cnn.py for a few steps, on two slots. Peaks are resident
sets, in which pages that processes share count for each of them; `report` is the process that draws
it, `Ray itself` is its largest process. How a driver grows with the number of trials stands under
"Growth".
"""

from collections.abc import Mapping

from tests.benchmarks.cnn_experiment import cnn_experiment
from tests.benchmarks.results import (
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

SIDES = ("hpsearch", "Ray Tune, reuse", "Ray Tune, defaults", "Optuna, journal")
KINDS = ("driver", "report", "worker", "Ray itself")

Peaks = dict[str, dict[str, list[float]]]


def measure(repeats: int, trials: int) -> Peaks:
    """Return peak MiB by side and kind of process."""
    peaks: Peaks = {side: {kind: [] for kind in KINDS} for side in SIDES}
    overrides = ["params.steps=20", "params.report_every_steps=10", f"budget.trials={trials}"]
    given = cnn_experiment(
        "train", *overrides, "pruner={type: none}", "space.batch_size.choices=[64]"
    )
    for side in in_turns(SIDES, repeats):
        say(f"memory: {side}")
        with folder_for(given) as folder:
            seen = observe(ENGINES[side], folder).memory
        for kind in KINDS:
            peaks[side][kind].append(seen.get(kind, 0.0))
    return peaks


def tabulate(peaks: Mapping[str, Mapping[str, list[float]]]) -> Table:
    """A row for each side: MiB of each kind, and the driver beside hpsearch's."""
    ours = peaks["hpsearch"]
    rows = [
        [side, *(middle(kinds[kind]) for kind in KINDS), ratio(kinds["driver"], ours["driver"])]
        for side, kinds in peaks.items()
    ]
    return Table("Peak MiB", ["side", *KINDS, "driver, of hpsearch's"], rows)


def main() -> None:
    """Measure and publish."""
    chosen = options(parse(__doc__, repeats=3))
    peaks = measure(chosen.repeats, 2 if chosen.quick else 6)
    shown = {f"{side}, {k}": v for side, kinds in peaks.items() for k, v in kinds.items() if any(v)}
    result = Result("memory", "Memory", __doc__ or "", [tabulate(peaks)], {"MiB": peaks})
    publish(result, chosen, lambda axes: bars(axes, shown, "peak MiB"))


if __name__ == "__main__":
    main()
