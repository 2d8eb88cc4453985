"""GPU: steps a second of the tutorial's CNN, alone and packed; the tutorial; a search to 99.4%.

Needs a CUDA device; without one it says so and ends with exit code 2. `hpsearch` is a trial of
experiments/cnn.py, whose step is captured as one CUDA graph; `eager` and `captured` are the
tightest loops without an engine, the latter captured by the same code (loops.py); `tutorial` is the
usual DataLoader loop. Several at a time share the device, their steps a second added up.
`tutorial run` is the 20,000 steps of experiments/cnn_tutorial.yaml, from the command to its end;
`search` is experiments/cnn.yaml until a trial has 99.4% of the validation images right.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from tests.benchmarks.cnn_experiment import cnn_experiment
from tests.benchmarks.peers.data import VARIABLE, unpack
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
from tests.benchmarks.sides import OURS, Observed, folder_for, in_turns, loop, observe

LOOPS = {"tutorial": "tutorial", "eager": "hand", "captured": "graph"}
CASES = [
    ("tutorial", 1),
    *((side, n) for n in (1, 2, 4, 8) for side in ("eager", "captured", "hpsearch")),
]
LOOKS = 5
"""How often a side says its speed; the first is not counted."""
TARGET = 0.994
SEARCH_MINUTES = 20

Case = tuple[str, int]


def measure(repeats: int, every: int, data: Path) -> dict[Case, list[float]]:
    """Return steps a second, of all processes together, by side and number of processes."""
    speeds: dict[Case, list[float]] = {case: [] for case in CASES}
    for side, count in in_turns(CASES, repeats):
        say(f"gpu: {side}, {count} at a time")
        speeds[side, count].append(_speed(side, count, every, data))
    return speeds


def _speed(side: str, count: int, every: int, data: Path) -> float:
    steps = every * LOOKS
    if side == "hpsearch":
        words = (f"params.steps={steps}", f"params.report_every_steps={every}")
        return _ours("cnn_tutorial.yaml", *words, f"budget.trials={count}", slots=count).speed
    command = loop(LOOPS[side], steps, every, processes=count, device="cuda")
    with folder_for() as folder:
        return observe(command, folder, environment={VARIABLE: str(data)}).speed


def _ours(file: str, *overrides: str, slots: int) -> Observed:
    given = cnn_experiment("train", *overrides, file=file, slots=slots, gpus=1 / slots)
    with folder_for(given) as folder:
        return observe(OURS, folder)


def tabulate(speeds: dict[Case, list[float]]) -> Table:
    """A row for each side, beside the tutorial's loop."""
    usual = speeds["tutorial", 1]
    rows = [
        [side, str(count), middle(values), ratio(values, usual)]
        for (side, count), values in speeds.items()
    ]
    return Table("Steps a second", ["side", "at a time", "steps a second", "of tutorial's"], rows)


def whole_runs(quick: bool) -> dict[str, Any]:
    """Return how long the tutorial's run takes, and a search until it is good enough."""
    say("gpu: the tutorial's run")
    run = _ours("cnn_tutorial.yaml", *(["params.steps=1000"] if quick else []), slots=1)
    say(f"gpu: search to {TARGET:.1%}")
    target = 0.9 if quick else TARGET
    words = (f"budget.target={target}", f"budget.minutes={SEARCH_MINUTES}", "budget.trials=10000")
    search = _ours("cnn.yaml", *words, slots=4)
    good = [one for one in search.marks if one.name == "accuracy" and one.value >= target]
    return {
        "tutorial run, seconds": run.seconds,
        "tutorial run, val_accuracy": [m for m in run.marks if m.name == "accuracy"][-1].value,
        f"search, seconds to {target:.1%}": good[0].moment - search.begun if good else None,
    }


def main() -> None:
    """Measure and publish."""
    chosen = options(parse(__doc__, repeats=3))
    if not torch.cuda.is_available():
        say("gpu: no CUDA device here; nothing was measured")
        sys.exit(2)
    with TemporaryDirectory(prefix="benchmark-") as data:
        unpack(Path(data))
        speeds = measure(chosen.repeats, 50 if chosen.quick else 500, Path(data))
    runs = whole_runs(chosen.quick)
    shown = {f"{side}, {count} at a time": values for (side, count), values in speeds.items()}
    rows = [[name, "never" if value is None else f"{value:,.4g}"] for name, value in runs.items()]
    tables = [tabulate(speeds), Table("Whole runs", ["what", "value"], rows)]
    device = torch.cuda.get_device_name()
    data_found = {"device": device, "steps_per_second": shown, "runs": runs}
    result = Result("gpu", f"GPU: {device}", __doc__ or "", tables, data_found)
    publish(result, chosen, lambda axes: bars(axes, shown, "steps a second"))


if __name__ == "__main__":
    main()
