"""4. Step: how fast the CNN of experiments/cnn.py trains, and how near that is to the limit.

The tutorial's network and hyperparameters (batches of 100), one thread. hpsearch runs a trial of
experiments/cnn.py in a worker, with reports, validation and the logging hook, and says how many
steps a second it took between reports; `tutorial` is the usual DataLoader loop, `hand` the tightest
loop without any engine (loops.py). The first report of a run is not counted.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
from tests.benchmarks.sides import ENGINES, folder_for, in_turns, loop, observe

OURS = {
    "hpsearch": (1, 1),
    "hpsearch, 2 workers of 1 thread": (2, 1),
    "hpsearch, 1 worker of 2 threads": (1, 2),
}
"""Workers and threads of each."""
THEIRS = {"tutorial's DataLoader loop": "tutorial", "tightest loop by hand": "hand"}
EVERY = 20
"""Steps between two looks at the speed."""


def measure(repeats: int, looks: int, environment: dict[str, str]) -> dict[str, list[float]]:
    """Return steps a second, of all workers together, by side."""
    speeds: dict[str, list[float]] = {side: [] for side in (*OURS, *THEIRS)}
    for side in in_turns(list(speeds), repeats):
        say(f"step: {side}")
        with folder_for(_experiment(*OURS.get(side, (1, 1)), EVERY * looks)) as folder:
            ours = side in OURS
            command = ENGINES["hpsearch"] if ours else loop(THEIRS[side], EVERY * looks, EVERY)
            speeds[side].append(observe(command, folder, environment=environment).speed)
    return speeds


def _experiment(workers: int, threads: int, steps: int) -> dict[str, Any]:
    """The tutorial's run, cut short."""
    return cnn_experiment(
        "train",
        f"params.steps={steps}",
        f"params.report_every_steps={EVERY}",
        f"budget.trials={workers}",
        f"resources.cpus_per_trial={threads}",
        file="cnn_tutorial.yaml",
        slots=workers,
    )


def measure_layers(repeats: int) -> dict[str, Any]:
    """Return the layers' costs and the machine's rates, see layers.py."""
    say("step: layers")
    with folder_for() as folder:
        seen = observe(["-m", "tests.benchmarks.layers", "--repeats", str(repeats)], folder)
    found: dict[str, Any] = json.loads(seen.output.splitlines()[-1])
    return found


def tabulate(speeds: dict[str, list[float]]) -> Table:
    """A row for each side, and how many times as fast hpsearch is."""
    rows = []
    for side, values in speeds.items():
        rows.append([side, middle(values, 2), ratio(speeds["hpsearch"], values, 2)])
    return Table("Steps a second", ["side", "steps a second", "hpsearch of it"], rows)


def tabulate_layers(found: dict[str, Any]) -> Table:
    """A row for each layer: its part of the step, its rate, and what it could reach."""
    rows = []
    for layer in found["layers"]:
        share = layer["seconds"] / found["step_seconds"]
        rate = layer["operations"] / layer["seconds"]
        row = [layer["name"], f"{layer['seconds'] * 1000:.2f}", f"{share:.0%}"]
        if layer["operations"]:
            of_product, most = rate / found["product_rate"], _limit(layer, found)
            row += [f"{rate / 1e9:.1f}", f"{of_product:.0%}", f"{most:.0%}"]
        else:
            moved = layer["bytes"] / layer["seconds"] / found["copy_rate"]
            row += ["", "", f"{moved:.0%} of the copy rate"]
        rows.append(row)
    columns = ["layer", "ms", "of the step", "GFLOP/s", "of a product's", "limit, of a product's"]
    return Table("Layers, forward and backward, one thread", columns, rows)


def _limit(layer: dict[str, Any], found: dict[str, Any]) -> float:
    """Return the share of the product's rate that memory leaves to the layer."""
    intensity = layer["operations"] / layer["bytes"]
    return float(min(1.0, intensity * found["copy_rate"] / found["product_rate"]))


def explain(found: dict[str, Any]) -> list[str]:
    """Say of each layer why it is no faster, from what was measured."""
    product, copied = found["product_rate"] / 1e9, found["copy_rate"] / 1e9
    said = [f"A matrix product reaches {product:.0f} GFLOP/s, a copy {copied:.1f} GB/s."]
    for layer in found["layers"]:
        if layer["operations"]:
            said.append(_why(layer, found))
    rest = [layer for layer in found["layers"] if not layer["operations"]]
    share = sum(layer["seconds"] for layer in rest) / found["step_seconds"]
    names = ", ".join(layer["name"] for layer in rest)
    said.append(f"{names}: {share:.0%} of the step without a matrix product in them.")
    return said


def _why(layer: dict[str, Any], found: dict[str, Any]) -> str:
    intensity = layer["operations"] / layer["bytes"]
    reached = layer["operations"] / layer["seconds"] / found["product_rate"]
    limit = _limit(layer, found)
    said = f"{layer['name']}: {intensity:.0f} operations a byte"
    if limit < 1:
        said += f", so that memory allows {limit:.0%} of the product's rate"
    else:
        said += ", so that memory is no limit"
    return f"{said}; it reaches {reached:.0%}, {reached / limit:.0%} of what is possible."


def main() -> None:
    """Measure and publish."""
    chosen = options(parse(__doc__, repeats=3))
    with TemporaryDirectory(prefix="benchmark-") as data:
        unpack(Path(data))
        speeds = measure(chosen.repeats, 2 if chosen.quick else 5, {VARIABLE: data})
    found = measure_layers(2 if chosen.quick else 20)
    result = Result(
        "step",
        "Step",
        __doc__ or "",
        [tabulate(speeds), tabulate_layers(found)],
        {"steps_per_second": speeds, "layers": found},
        explain(found),
    )
    publish(result, chosen, lambda axes: bars(axes, speeds, "steps a second"))


if __name__ == "__main__":
    main()
