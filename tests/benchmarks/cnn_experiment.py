"""The experiments of experiments/ for the benchmarks; imports no torch."""

from typing import Any

from hpsearch.experiment import read_experiment
from tests.benchmarks.sides import ROOT


def cnn_experiment(
    function: str, *overrides: str, file: str = "cnn.yaml", slots: int = 2, gpus: float = 0
) -> dict[str, Any]:
    """Return an experiment of experiments/ over a function of cnn_work.py, as plain data."""
    given = (
        f"trainable=tests.benchmarks.cnn_work:{function}",
        "name=benchmark",
        "resources.cpus_per_trial=1",
        f"resources.parallel_trials={slots}",
        f"resources.gpus_per_trial={gpus}",
        *overrides,
    )
    read = read_experiment(ROOT / "experiments" / file, given).model_dump(mode="json")
    return {**read, "objective": read["objective"][0]}
