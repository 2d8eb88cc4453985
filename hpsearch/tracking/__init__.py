"""Records a study in MLflow: a parent run, a child run for each trial, the best model registered;
and in further recorders, if the experiment names them.

The study's journal is the truth and these are projections of it. What one misses, because it was
down or the driver was killed, is written once by `sync`; writing anything twice changes nothing.

    port.py              what every recorder promises; study_card.py: what it is told of the study
    writing_listener.py  what is heard goes to the writer
    writer.py            the thread: when something is written, and again
    pending.py           what must still be written
    further.py           the recorders beside MLflow; target_recorder.py: what they have in common
    tensorboard.py       a trial as TensorBoard's event file; wandb.py: as a run of Weights & Biases

    recorder.py          MLflow's recorder: `open`, `publish`, `show`, `close`
    mlflow_tracking.py   what trainables are told that record in MLflow, too
    runs.py              the runs of a study; held_runs.py: those that MLflow has already
    trial_runs.py        how a trial becomes a run
    parent.py            the MLflow experiment and the parent run
    nested_runs.py       the runs that trainables make themselves
    saved_view.py        the best trials compared, as MLflow's UI opens them
    values.py            a record as params, metrics and tags, within MLflow's limits
    logged_model.py      a model in MLflow; registry.py: its versions and their aliases
    fetching.py          downloads the files of a model
    evaluations.py       what an evaluation adds to a trial's run
    trash.py             moves a study's runs to MLflow's trash
    connection.py        reaches the store; settings.py: MLflow's settings meanwhile
    presence.py          whether somebody else had imported MLflow
    patience.py          how long a call may take, and when it is made again
    transaction.py       many writes at once

Nothing here imports MLflow (2.4 s) before `MlflowRecorder.open`, or before one of the names in
`_MODULES` is first asked for.
"""

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names
from hpsearch.tracking.further import further_recorders, recorder_faults
from hpsearch.tracking.port import Recorder
from hpsearch.tracking.presence import WAS_IMPORTED
from hpsearch.tracking.recorder import MlflowRecorder
from hpsearch.tracking.study_card import Candidate, StudyCard
from hpsearch.tracking.uri import tracking_faults

if TYPE_CHECKING:
    from hpsearch.tracking.evaluations import log_evaluation
    from hpsearch.tracking.fetching import fetch_model
    from hpsearch.tracking.saved_view import view_path
    from hpsearch.tracking.trash import StudyRuns, find_runs

__all__ = [
    "WAS_IMPORTED",
    "Candidate",
    "MlflowRecorder",
    "Recorder",
    "StudyCard",
    "StudyRuns",
    "fetch_model",
    "find_runs",
    "further_recorders",
    "log_evaluation",
    "recorder_faults",
    "tracking_faults",
    "view_path",
]

_MODULES = {
    "evaluations": ("log_evaluation",),
    "fetching": ("fetch_model",),
    "saved_view": ("view_path",),
    "trash": ("StudyRuns", "find_runs"),
}


__getattr__ = lazy_names(__name__, _MODULES)
