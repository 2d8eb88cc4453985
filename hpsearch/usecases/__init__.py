"""Builds the parts that an experiment names and joins them: the only floor that chooses.

Heavy imports (ray, mlflow, torch, optuna) stand inside functions, so that `hpsearch --help` and
`validate` answer at once, and side by side, so that a search starts sooner.
"""

from hpsearch.experiment import shown_overrides
from hpsearch.usecases.confirm import Confirmation, confirm
from hpsearch.usecases.data import (
    moment,
    result_data,
    study_detail,
    study_summary,
    trial_data,
    trial_detail,
    unreadable_data,
)
from hpsearch.usecases.evaluate import Evaluation, evaluate
from hpsearch.usecases.export import ExportedModel, export
from hpsearch.usecases.importance import importance
from hpsearch.usecases.interrupts import Interrupts
from hpsearch.usecases.load import load_model
from hpsearch.usecases.logs import TrialLog, trial_log
from hpsearch.usecases.output import refuse_existing, write_output
from hpsearch.usecases.plan import Plan
from hpsearch.usecases.predict import Prediction, predict, predict_with
from hpsearch.usecases.remove import Removal, removing
from hpsearch.usecases.report import WrittenReport, card_of, report
from hpsearch.usecases.run import Result, run
from hpsearch.usecases.source import Source
from hpsearch.usecases.stream import stream
from hpsearch.usecases.suggest import suggest
from hpsearch.usecases.table import table, typed_curve, typed_table
from hpsearch.usecases.to_optuna import to_optuna
from hpsearch.usecases.validate import validate
from hpsearch.usecases.view import (
    Standing,
    StudyView,
    UnreadableStudy,
    comparison_path,
    look,
    look_all,
    look_at,
    tracking_uri,
    trial_of,
)
from hpsearch.usecases.warm_start import warm_start_of

__all__ = [
    "Confirmation",
    "Evaluation",
    "ExportedModel",
    "Interrupts",
    "Plan",
    "Prediction",
    "Removal",
    "Result",
    "Source",
    "Standing",
    "StudyView",
    "TrialLog",
    "UnreadableStudy",
    "WrittenReport",
    "card_of",
    "comparison_path",
    "confirm",
    "evaluate",
    "export",
    "importance",
    "load_model",
    "look",
    "look_all",
    "look_at",
    "moment",
    "predict",
    "predict_with",
    "refuse_existing",
    "removing",
    "report",
    "result_data",
    "run",
    "shown_overrides",
    "stream",
    "study_detail",
    "study_summary",
    "suggest",
    "table",
    "to_optuna",
    "tracking_uri",
    "trial_data",
    "trial_detail",
    "trial_log",
    "trial_of",
    "typed_curve",
    "typed_table",
    "unreadable_data",
    "validate",
    "warm_start_of",
    "write_output",
]
