"""The examples of `experiments/frameworks`: searched unbroken, killed, and with asha."""

import importlib.util
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.experiment.yaml_file import read_yaml
from tests.faults.harness import Bench
from tests.support import Bench as InProcess

FOLDER = Path(__file__).parents[2] / "experiments" / "frameworks"

KILLED = """\
import os
import signal
from pathlib import Path

from {module} import Params
from {module} import train as train_unbroken


def kill_once(name):
    mark = Path(__file__).with_name(name)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


class Killed:
    '''Its process is killed where trial 0 would report a step in the middle.'''

    def __init__(self, trial):
        self._trial = trial

    def __getattr__(self, name):
        return getattr(self._trial, name)

    def report(self, step, metrics, checkpoint=None):
        if self.number == 0 and step >= {step}:
            kill_once("in the middle")
        self._trial.report(step, metrics, checkpoint)


def train(params: Params, trial):
    result = train_unbroken(params, Killed(trial))
    if trial.number == 1:
        kill_once("at the end")
    return result
"""


def need(package: str) -> None:
    """Skip the test if a framework is not installed; a broken one fails."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: pip install 'hpsearch[frameworks]'")


@dataclass(frozen=True)
class Example:
    """An example by its file; `middle` is a step in the middle, `rung` one well before the end.

    `suggested` has the hyperparameters of four trials. At the rung the first is best, then the
    second; so asha pauses the second, and promotes it when the fourth came to the rung.
    """

    name: str
    package: str
    middle: int
    rung: int
    suggested: Mapping[str, tuple[float, float, float, float]]
    is_exact: bool = True

    def sections(self, **others: Any) -> dict[str, Any]:
        """Return the sections of its experiment, with others over them."""
        own = read_yaml(FOLDER / f"{self.name}.yaml")[0]
        rows = zip(*self.suggested.values(), strict=True)
        ours = {
            "suggestions": [dict(zip(self.suggested, row, strict=True)) for row in rows],
            "budget": {"trials": 4},
            "checkpoints": {"every_seconds": 0},
            "pruner": {"type": "none"},
        }
        return {**own, **ours, **others}

    def unbroken(self, folder: Path) -> list[TrialRecord]:
        """Search without pruner and kill."""
        return self._searched(folder)

    def promoted(self, folder: Path) -> list[TrialRecord]:
        """Search with asha, which pauses trials at one rung and promotes some of them."""
        pruner = {"type": "asha", "min_resource": self.rung, "reduction_factor": 2}
        return self._searched(folder, pruner=pruner)

    def _searched(self, folder: Path, **sections: Any) -> list[TrialRecord]:
        """Search in this process."""
        shutil.copy(FOLDER / f"{self.name}.py", folder)
        bench = InProcess(folder)
        experiment = Experiment.model_validate(self.sections(**sections))
        search, study = bench.make(experiment)
        try:
            search.run()
            return list(study.records())
        finally:
            study.close()

    def killed(self, folder: Path) -> list[TrialRecord]:
        """Search with trial 0 killed in the middle and trial 1 where it would return."""
        bench = Bench(folder)
        shutil.copy(FOLDER / f"{self.name}.py", folder)
        given = self.sections(budget={"trials": 2})
        code = KILLED.format(module=self.name, step=self.middle)
        del given["name"], given["trainable"]
        bench.write(code, **given)
        for _ in range(2):
            bench.run("--local", code=-signal.SIGKILL)
        bench.run("--local")
        return bench.records()


TREES = {"learning_rate": (0.5, 0.15, 0.06, 0.05)}
FORESTS = {"trees": (40, 20, 3, 2), "depth": (10, 9, 3, 2)}
NETWORKS = {"learning_rate": (0.02, 0.005, 0.0012, 0.001), "width": (64, 32, 5, 4)}
TRANSFORMERS = {"learning_rate": (0.02, 0.005, 0.0012, 0.001), "layers": (1, 1, 1, 1)}
AGENTS = {"learning_rate": (0.003, 0.002, 0.0002, 0.0001)}

EXAMPLES = [
    Example("digits_xgboost", "xgboost", 6, 8, TREES),
    Example("digits_lightgbm", "lightgbm", 6, 8, TREES),
    Example("digits_catboost", "catboost", 6, 8, TREES),
    Example("digits_folds", "sklearn", 3, 3, FORESTS),
    Example("digits_lightning", "lightning", 3, 2, NETWORKS),
    Example("digits_keras", "keras", 3, 2, NETWORKS),
    Example("digits_transformers", "transformers", 33, 33, TRANSFORMERS),
    Example("cartpole_stable_baselines3", "stable_baselines3", 768, 768, AGENTS, is_exact=False),
]
