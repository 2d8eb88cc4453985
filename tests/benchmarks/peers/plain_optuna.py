"""Plain Optuna: processes that share a storage, as its "easy parallelization" tutorial has it.

Records nothing but Optuna's own storage; a pruned trial keeps its last value.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from tests.benchmarks.marks import mark
from tests.benchmarks.peers.proposing import find, make_sampler, suggest
from tests.benchmarks.peers.session import Save, Session


def work(experiment: dict[str, Any], storage: BaseStorage, number: int) -> None:
    """Be one of the processes: try a share of the trials."""
    train, metric = find(experiment["trainable"]), experiment["objective"]["metric"]

    def objective(trial: optuna.Trial) -> float:
        values: list[float] = []

        def report(step: int, metrics: Mapping[str, float], save: Save | None) -> None:
            values.append(metrics[metric])
            trial.report(values[-1], step)
            if trial.should_prune():
                raise optuna.TrialPruned

        train({**experiment["params"], **suggest(trial, experiment["space"])}, Session(report))
        return values[-1]

    slots = experiment["resources"]["parallel_trials"]
    study = optuna.create_study(
        storage=storage,
        study_name=experiment["name"],
        direction="maximize",
        sampler=make_sampler(experiment["sampler"]["type"], experiment["seed"] + number),
        pruner=optuna.pruners.NopPruner(),
        load_if_exists=True,
    )
    study.optimize(objective, n_trials=experiment["budget"]["trials"] // slots)
    mark("recorded")


def open_storage(kind: str) -> BaseStorage:
    """Open or create the study's storage in the current folder."""
    if kind == "journal":
        return JournalStorage(JournalFileBackend("journal.log"))
    return RDBStorage("sqlite:///optuna.db")


def main() -> None:
    """Start the processes and wait for them, or be one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path)
    parser.add_argument("--storage", choices=["journal", "sqlite"], default="journal")
    parser.add_argument("--process", type=int, help="be this process; without: start all")
    given = parser.parse_args()
    experiment = json.loads(given.experiment.read_text())
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = open_storage(given.storage)  # here first: the schema is made by one process alone
    if given.process is not None:
        work(experiment, storage, given.process)
        return
    command = [sys.executable, "-m", __spec__.name, *sys.argv[1:], "--process"]
    slots = range(experiment["resources"]["parallel_trials"])
    processes = [subprocess.Popen([*command, str(number)]) for number in slots]
    sys.exit(max(process.wait() for process in processes))


if __name__ == "__main__":
    main()
