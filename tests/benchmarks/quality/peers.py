"""Other tools on the same tasks, with the same workers and simulated seconds.

    python -m venv peers && peers/bin/pip install syne-tune xgboost huggingface_hub dehb smac
    peers/bin/python -m tests.benchmarks.quality.peers --output quality.jsonl

Each is asked and told through its own interface; nothing of hpsearch is imported, so that they
live in an environment of their own. To their advantage a configuration that a tool asks for again
with more steps goes on from where it was, and their own computation takes no time.
"""

import logging
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.benchmarks.quality.cases import TRAININGS, Case, simulate_cases
from tests.benchmarks.quality.clock import Clock, Job, Peer
from tests.benchmarks.quality.known import scaled_task
from tests.benchmarks.quality.report import Progress
from tests.benchmarks.quality.task import Task


class SyneTune:
    """ASHA as Syne Tune has it, with a searcher; conditions of the space are not seen by it."""

    def __init__(self, name: str, task: Task, seed: int) -> None:
        from syne_tune import config_space as domains
        from syne_tune.optimizer import baselines

        space: dict[str, Any] = {}
        for key, one in task.space.items():
            if one["type"] == "categorical":
                space[key] = domains.choice(one["choices"])
                continue
            kind = ("log" if one.get("log") else "") + ("randint" if one["type"] == "int" else "")
            make = {"": domains.uniform, "log": domains.loguniform, "randint": domains.randint}
            make["lograndint"] = domains.lograndint
            space[key] = make[kind](one["low"], one["high"])
        self._scheduler = getattr(baselines, name)(
            space, metric="loss", time_attr="step", max_t=task.steps, random_seed=seed
        )
        self._task = task
        self._count = 0

    def ask(self) -> Job | None:
        from syne_tune.backend.trial_status import Trial

        suggestion = self._scheduler.suggest()
        if suggestion is None:
            return None
        trial = Trial(self._count, suggestion.config, datetime.now())
        self._count += 1
        self._scheduler.on_trial_add(trial)
        return Job(active(self._task, suggestion.config), self._task.steps, trial)

    def report(self, job: Job, step: int, loss: float) -> bool:
        answer = self._scheduler.on_trial_result(job.its, {"loss": loss, "step": step})
        return bool(answer == "CONTINUE")

    def end(self, job: Job, loss: float, seconds: float) -> None:
        self._scheduler.on_trial_complete(job.its, {"loss": loss, "step": job.steps})


def config_space(task: Task, seed: int) -> Any:
    """Return a task's space, with its conditions, for SMAC and DEHB."""
    import ConfigSpace

    space = ConfigSpace.ConfigurationSpace(seed=seed)
    for name, one in task.space.items():
        if one["type"] == "categorical":
            space.add(ConfigSpace.Categorical(name, one["choices"]))
        else:
            make = ConfigSpace.Integer if one["type"] == "int" else ConfigSpace.Float
            space.add(make(name, (one["low"], one["high"]), log=bool(one.get("log"))))
    for name, one in task.space.items():
        for other, wanted in one.get("when", {}).items():
            space.add(ConfigSpace.EqualsCondition(space[name], space[other], wanted))
    return space


class Smac:
    """SMAC's multi-fidelity facade: Hyperband with random forests."""

    def __init__(self, task: Task, seed: int) -> None:
        from smac import MultiFidelityFacade, Scenario

        scenario = Scenario(
            config_space(task, seed),
            output_directory=tempfile.mkdtemp(),
            deterministic=True,
            min_budget=1,
            max_budget=task.steps,
            n_trials=100_000,
            seed=seed,
        )
        self._smac = MultiFidelityFacade(scenario, lambda config, seed, budget: 0.0)

    def ask(self) -> Job | None:
        info = self._smac.ask()
        return Job(dict(info.config), round(info.budget), info)

    def report(self, job: Job, step: int, loss: float) -> bool:
        return True

    def end(self, job: Job, loss: float, seconds: float) -> None:
        from smac.runhistory.dataclasses import TrialValue

        self._smac.tell(job.its, TrialValue(cost=loss, time=seconds))


class Dehb:
    """DEHB: Hyperband with differential evolution."""

    def __init__(self, task: Task, seed: int) -> None:
        from dehb import DEHB

        space = config_space(task, seed)
        self._dehb = DEHB(
            cs=space,
            dimensions=len(space),
            f=lambda config, fidelity: {"fitness": 0.0, "cost": 0.0},
            min_fidelity=1,
            max_fidelity=task.steps,
            n_workers=1,  # more would start processes, which asking and telling do not use
            seed=seed,
            output_path=tempfile.mkdtemp(),
            save_freq="end",  # of a history that nobody reads
        )

    def ask(self) -> Job | None:
        job = self._dehb.ask()
        return Job(dict(job["config"]), round(job["fidelity"]), job)

    def report(self, job: Job, step: int, loss: float) -> bool:
        return True

    def end(self, job: Job, loss: float, seconds: float) -> None:
        self._dehb.tell(job.its, {"fitness": loss, "cost": seconds})


def active(task: Task, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters whose conditions hold; parameters stand after those of `when`."""
    found: dict[str, Any] = {}
    for name, one in task.space.items():
        if all(found.get(other) == wanted for other, wanted in one.get("when", {}).items()):
            found[name] = params[name]
    return found


PEERS: Mapping[str, Callable[[Task, int], Peer]] = {
    "Syne Tune ASHA": lambda task, seed: SyneTune("ASHA", task, seed),
    "Syne Tune ASHA + CQR": lambda task, seed: SyneTune("ASHACQR", task, seed),
    "Syne Tune BOHB": lambda task, seed: SyneTune("BOHB", task, seed),
    "SMAC": Smac,
    "DEHB": Dehb,
}


def regrets(case: Case) -> Progress:
    """Return the regrets of one simulated search, each time that it found a better one."""
    logging.disable(logging.WARNING)
    name, side, workers, seed = case
    task, scale = scaled_task(name)
    seconds = TRAININGS * scale.full_seconds / workers
    clock = Clock(task, PEERS[side](task, seed))
    clock.run(workers, seconds)
    return [(when / seconds, scale.regret(loss)) for when, loss in clock.lowest]


if __name__ == "__main__":
    simulate_cases(
        sys.argv[1:],
        regrets,
        sides=PEERS,
        program="python -m tests.benchmarks.quality.peers",
        about=__doc__,
    )
