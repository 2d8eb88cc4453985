"""Builds the parts that an experiment names and joins them: the only floor that chooses.

Heavy imports (ray, mlflow, torch, optuna) stand inside functions, so that `hpsearch --help` and
`validate` answer at once, and side by side, so that a search starts sooner.
"""

from hpsearch.compose.confirming import Confirmation, confirm
from hpsearch.compose.evaluating import Evaluation, evaluate
from hpsearch.compose.exporting import ExportedModel, export
from hpsearch.compose.logs import TrialLog, trial_log
from hpsearch.compose.looking import (
    StudyView,
    UnreadableStudy,
    comparison_path,
    look,
    look_all,
    tracking_uri,
    trial_of,
)
from hpsearch.compose.predicting import Prediction, predict
from hpsearch.compose.removing import Removal, removing
from hpsearch.compose.reporting import report
from hpsearch.compose.running import Result, run
from hpsearch.compose.validating import validate
from hpsearch.experiment import shown_overrides

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
    "tracking_uri",
    "trial_log",
    "trial_of",
    "validate",
]
