"""What a script's requests mean for its trial."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hpsearch.trainable.contract import Trial


def answer(
    request: object, *, trial: Trial, params: Mapping[str, Any], save: Callable[[Path], None]
) -> object:
    """Return the answer to a request; raises ValueError if it is none, or what the trial raises.

    `save` has the script write its checkpoint into a folder.
    """
    match request:
        case {"ask": "report", "step": step, "metrics": metrics, "savable": savable}:
            trial.report(step, metrics, save if savable else None)
        case {"ask": "log", "step": step, "metrics": metrics}:
            trial.log(step, metrics)
        case {"ask": "output"}:
            return trial.output
        case {"ask": "mlflow_run_id"}:
            return trial.mlflow_run_id
        case {"ask": "trial"}:
            return _described(trial, params)
        case _:
            raise ValueError(
                "hpsearch does not know this request: the script needs the same version of it"
            )
    return None


def _described(trial: Trial, params: Mapping[str, Any]) -> Mapping[str, object]:
    return {
        "number": trial.number,
        "study": trial.study,
        "seed": trial.seed,
        "device": trial.device,
        "threads": trial.threads,
        "rank": trial.rank,
        "world_size": trial.world_size,
        "checkpoint": None if trial.checkpoint is None else str(trial.checkpoint),
        "start_step": trial.start_step,
        "artifacts": str(trial.artifacts),
        "scratch": str(trial.scratch),
        "params": params,
    }
