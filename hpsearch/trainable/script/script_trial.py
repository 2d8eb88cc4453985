"""`hpsearch.report` and `hpsearch.trial`: for a script that runs alone, and as a search's command.

This process has one trial, that of its environment, as it has one stdout.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hpsearch.trainable.report_values import plain_metrics, saving, whole_step
from hpsearch.trainable.script.alone import Alone
from hpsearch.trainable.script.client import VARIABLE, Client

_search = Client(os.environ[VARIABLE]) if VARIABLE in os.environ else Alone()


class ScriptTrial:
    """What `Trial` has, and `params`; a script that runs alone gets a stand-in.

    The stand-in is trial 0 with seed 0 and no params; its folders are removed when the script ends.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.number: int = given["number"]
        self.study: str = given["study"]
        self.seed: int = given["seed"]
        self.device: str = given["device"]
        self.threads: int = given["threads"]
        self.rank: int = given["rank"]
        self.world_size: int = given["world_size"]
        self.start_step: int = given["start_step"]
        self.artifacts = Path(given["artifacts"])
        self.scratch = Path(given["scratch"])
        self.checkpoint = None if given["checkpoint"] is None else Path(given["checkpoint"])
        self.params: Mapping[str, Any] = given["params"]

    @property
    def output(self) -> str:
        """The last lines that the command has printed; empty if the script runs alone."""
        return str(_search.ask("output"))

    @property
    def mlflow_run_id(self) -> str | None:
        """The id of the trial's run in MLflow; None if the script runs alone."""
        run_id: str | None = _search.ask("mlflow_run_id")
        return run_id

    def report(
        self,
        step: int,
        metrics: Mapping[str, float],
        checkpoint: Callable[[Path], None] | None = None,
    ) -> None:
        """Report metrics at a step; see `hpsearch.report`."""
        report(step, metrics, checkpoint)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log further metrics, with no decision; nothing is printed if the script runs alone."""
        _search.ask("log", step=whole_step(step), metrics=plain_metrics(metrics))


def report(
    step: int,
    metrics: Mapping[str, float],
    checkpoint: Callable[[Path], None] | None = None,
) -> None:
    """Report metrics at a step (ascending, from 0) from a script that is a search's command.

    Raises TrialStopped to end the trial; `checkpoint(folder)` is called only if the engine wants
    one, and writes files into the folder. Threads and child processes of the script may report,
    too. Raises SearchFailed if hpsearch has ended. If the script runs alone, the metrics are
    printed as a line of JSON. A function that hpsearch calls uses its `trial.report` instead.
    """
    _search.ask(
        "report",
        saving(checkpoint),
        step=whole_step(step),
        metrics=plain_metrics(metrics),
        savable=checkpoint is not None,
    )


@cache
def trial() -> ScriptTrial:
    """Return the trial that this script runs for, or a stand-in if it runs alone."""
    return ScriptTrial(_search.ask("trial"))
