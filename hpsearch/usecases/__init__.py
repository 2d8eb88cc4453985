"""Builds the parts that an experiment names and joins them: the only floor that chooses.

Heavy imports (ray, mlflow, torch, optuna) stand inside functions, so that `hpsearch --help` and
`validate` answer at once, and side by side, so that a search starts sooner.
"""

from hpsearch.experiment.schema import shown_overrides
from hpsearch.usecases.confirm import Confirmation, confirm
from hpsearch.usecases.evaluate import Evaluation, evaluate
from hpsearch.usecases.export import ExportedModel, export
from hpsearch.usecases.logs import TrialLog, trial_log
from hpsearch.usecases.predict import Prediction, predict
from hpsearch.usecases.remove import Removal, removing
from hpsearch.usecases.report import report
from hpsearch.usecases.run import Result, run
from hpsearch.usecases.suggest import suggest
from hpsearch.usecases.validate import validate
from hpsearch.usecases.view import (
    StudyView,
    UnreadableStudy,
    comparison_path,
    look,
    look_all,
    tracking_uri,
    trial_of,
)

__all__ = [
    "Confirmation",
    "Evaluation",
    "ExportedModel",
    "Prediction",
    "Removal",
    "Result",
    "StudyView",
    "TrialLog",
    "UnreadableStudy",
    "comparison_path",
    "confirm",
    "evaluate",
    "export",
    "look",
    "look_all",
    "predict",
    "removing",
    "report",
    "run",
    "shown_overrides",
    "suggest",
    "tracking_uri",
    "trial_log",
    "trial_of",
    "validate",
]
