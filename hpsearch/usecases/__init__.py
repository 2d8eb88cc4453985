"""Builds the parts that an experiment names and joins them: the only floor that chooses.

Heavy imports (ray, mlflow, torch, optuna) stand inside functions, so that `hpsearch --help` and
`validate` answer at once, and side by side, so that a search starts sooner.

a search        source.py (what is searched), validate.py, plan.py, run.py, driver.py (read it
                first), pools.py, interrupts.py and wake_up.py, held_study.py, slots.py, stream.py,
                end_command.py, result.py, no_result.py
a study         view.py (how it is looked at), identity.py, differences.py, journal.py,
                kept_strategies.py, warm_start.py, suggest.py, amend.py, trial_import/, remove.py
what is shown   data.py, table.py, summary.py, logs.py, importance.py, report.py with
                report_process.py, to_optuna.py, output.py
afterwards      confirmation/, and model/: evaluate, export, load, predict, register
what would be   forecast/, replay/
"""

from hpsearch.experiment import shown_overrides
from hpsearch.usecases.amend import Amended, amend
from hpsearch.usecases.confirmation import Confirmation, confirm
from hpsearch.usecases.data import (
    moment,
    result_data,
    study_detail,
    trial_data,
    trial_detail,
    unreadable_data,
)
from hpsearch.usecases.forecast import PROBE_TRIALS, Forecast, forecast_by_probe, forecast_by_study
from hpsearch.usecases.importance import importance
from hpsearch.usecases.interrupts import Interrupts
from hpsearch.usecases.logs import TrialLog, trial_log
from hpsearch.usecases.model import (
    Evaluation,
    ExportedModel,
    Prediction,
    evaluate,
    export,
    load_model,
    predict,
    predict_with,
)
from hpsearch.usecases.output import refuse_existing, write_output
from hpsearch.usecases.plan import Plan
from hpsearch.usecases.remove import Removal, removing
from hpsearch.usecases.replay import Side, WhatIf, replay, replay_with
from hpsearch.usecases.report import WrittenReport, card_of, report
from hpsearch.usecases.result import Result
from hpsearch.usecases.run import run
from hpsearch.usecases.slots import SlotChange, change_slots
from hpsearch.usecases.source import Source
from hpsearch.usecases.stream import stream
from hpsearch.usecases.suggest import suggest
from hpsearch.usecases.summary import StudySummary, summaries
from hpsearch.usecases.table import table, typed_curve, typed_table
from hpsearch.usecases.to_optuna import to_optuna
from hpsearch.usecases.trial_import import Imported, ImportRequest, import_trials
from hpsearch.usecases.validate import validate
from hpsearch.usecases.view import (
    Standing,
    StudyView,
    UnreadableStudy,
    comparison_path,
    look,
    look_at,
    tracking_uri,
    trial_of,
)
from hpsearch.usecases.warm_start import describe_warm_start

__all__ = [
    "PROBE_TRIALS",
    "Amended",
    "Confirmation",
    "Evaluation",
    "ExportedModel",
    "Forecast",
    "ImportRequest",
    "Imported",
    "Interrupts",
    "Plan",
    "Prediction",
    "Removal",
    "Result",
    "Side",
    "SlotChange",
    "Source",
    "Standing",
    "StudySummary",
    "StudyView",
    "TrialLog",
    "UnreadableStudy",
    "WhatIf",
    "WrittenReport",
    "amend",
    "card_of",
    "change_slots",
    "comparison_path",
    "confirm",
    "describe_warm_start",
    "evaluate",
    "export",
    "forecast_by_probe",
    "forecast_by_study",
    "import_trials",
    "importance",
    "load_model",
    "look",
    "look_at",
    "moment",
    "predict",
    "predict_with",
    "refuse_existing",
    "removing",
    "replay",
    "replay_with",
    "report",
    "result_data",
    "run",
    "shown_overrides",
    "stream",
    "study_detail",
    "suggest",
    "summaries",
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
    "write_output",
]
