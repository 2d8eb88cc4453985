"""3. Start: from the command to the first training step of the CNN.

Every process is new; what the system has in its page cache stays there. Before the worker come the
driver's own imports, Ray, and the making of the worker; then the worker imports torch and the
trainable, waits for its first trial, loads MNIST (from the cache of experiments/mnist.py) and takes
a step. `Ray alone` is a process that imports and starts Ray and does nothing else: the floor.
"""

import statistics

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
from tests.benchmarks.sides import ENGINES, Observed, folder_for, in_turns, observe

ALONE = "Ray alone"
COMMANDS = {
    "hpsearch": ENGINES["hpsearch"],
    "Ray Tune, defaults": ENGINES["Ray Tune, defaults"],
    ALONE: ("-m", "tests.benchmarks.peers.ray_session"),
}
PARTS = ("before the worker", "imports", "waiting", "data", "step")
"""Where the time goes, in this order; each ends with the mark of the same place in MARKS."""
MARKS = ("import", "imported", "called", "data", "step")


def measure(repeats: int) -> tuple[dict[str, list[float]], dict[str, dict[str, list[float]]]]:
    """Return the seconds to the first step by side, and of these by part."""
    totals: dict[str, list[float]] = {side: [] for side in COMMANDS}
    parts: dict[str, dict[str, list[float]]] = {
        side: {part: [] for part in PARTS} for side in COMMANDS if side != ALONE
    }
    for side in in_turns(list(COMMANDS), repeats):
        say(f"start: {side}")
        with folder_for(cnn_experiment("first_step", "budget.trials=2")) as folder:
            seen = observe(COMMANDS[side], folder)
        totals[side].append(seen.first("step"))
        for part, seconds in ({} if side == ALONE else _split(seen)).items():
            parts[side][part].append(seconds)
    return totals, parts


def _split(seen: Observed) -> dict[str, float]:
    """Return the seconds of each part, in the worker that was first to take a step."""
    fastest = next(one.value for one in seen.marks if one.name == "step")
    moments = [
        next(m.moment for m in seen.marks if m.name == name and m.value == fastest)
        for name in MARKS
    ]
    begins = [seen.begun, *moments]
    return {part: end - begin for part, begin, end in zip(PARTS, begins, moments, strict=False)}


def tabulate(totals: dict[str, list[float]], parts: dict[str, dict[str, list[float]]]) -> Table:
    """A row for each side: in all, beside hpsearch, and each part's median."""
    rows = [
        [side, middle(values, 1), ratio(values, totals["hpsearch"])]
        + [f"{statistics.median(parts[side][p]):.1f}" if side in parts else "" for p in PARTS]
        for side, values in totals.items()
    ]
    columns = ["side", "seconds", "of hpsearch's", *PARTS]
    return Table("Seconds to the first training step", columns, rows)


def main() -> None:
    """Measure and publish."""
    chosen = options(parse(__doc__, repeats=5))
    totals, parts = measure(chosen.repeats)
    data = {"seconds": totals, "parts": parts}
    result = Result("start", "Start", __doc__ or "", [tabulate(totals, parts)], data)
    publish(result, chosen, lambda axes: bars(axes, totals, "seconds to the first training step"))


if __name__ == "__main__":
    main()
