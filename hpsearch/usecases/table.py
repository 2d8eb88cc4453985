"""A study's trials as a table of pandas."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hpsearch.common.trial import TrialRecord
from hpsearch.usecases.view import StudyView

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "number", "state", "value", "step", "attempt", "started", "finished", "seconds", "reason",
)  # fmt: skip
"""What every trial has."""


def table(view: StudyView) -> "pd.DataFrame":
    """Return a row for each trial, with a column for each objective and each hyperparameter.

    `value` is the first objective. A hyperparameter whose name is taken is `params.NAME`.
    """
    import pandas as pd

    metrics = [goal.metric for goal in view.experiment.goals]
    names = list(dict.fromkeys(name for one in view.records for name in one.params))
    rows = [_row(one, metrics) for one in view.records]
    own = dict.fromkeys([*COLUMNS, *metrics])
    for row, record in zip(rows, view.records, strict=True):
        params = record.shown_params
        row |= {_column(name, own): params.get(name) for name in names}
    columns = [*own, *(_column(name, own) for name in names)]
    return pd.DataFrame(rows, columns=columns)


def _row(record: TrialRecord, metrics: Sequence[str]) -> dict[str, Any]:
    values = record.values or (None,) * len(metrics)
    return {
        **dict(zip(metrics, values, strict=True)),
        "number": record.number,
        "state": str(record.state),
        "value": record.value,
        "step": record.best_step,
        "attempt": record.attempt,
        "started": record.started,
        "finished": record.finished,
        "seconds": record.seconds,
        "reason": record.reason,
    }


def _column(name: str, own: dict[str, None]) -> str:
    return f"params.{name}" if name in own else name
