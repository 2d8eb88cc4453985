"""A study's trials, or a trial's measurements, as a table of pandas."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hpsearch.common.text import writable
from hpsearch.common.trial import TrialRecord
from hpsearch.usecases.view import StudyView

if TYPE_CHECKING:
    import pandas as pd

Columns = dict[str, list[Any]]

COLUMNS: Mapping[str, type] = {
    "number": int, "state": str, "value": float, "step": int, "attempt": int, "started": datetime,
    "finished": datetime, "seconds": float, "reason": str,
}  # fmt: skip
"""What every trial has."""

CURVE_COLUMNS: Mapping[str, type] = {"step": int, "seconds": float, "source": str}
"""What every measurement has."""

DTYPES: Mapping[type, str] = {
    bool: "boolean", int: "Int64", float: "Float64", str: "string", datetime: "datetime64[us, UTC]",
}  # fmt: skip
"""The types of pandas that have room for an empty cell."""


def table(view: StudyView) -> "pd.DataFrame":
    """Return a row for each trial, with a column for each objective and each hyperparameter.

    `value` is the first objective. A hyperparameter whose name is taken is `params.NAME`.
    """
    import pandas as pd

    return pd.DataFrame(_trials(view))


def typed_table(view: StudyView) -> "pd.DataFrame":
    """Return the same table as files need it: each column has one type, whatever is in it.

    Whole numbers stay whole if cells are empty; values of several types become JSON.
    """
    objectives = dict.fromkeys([goal.metric for goal in view.experiment.goals], float)
    return _typed(_trials(view), {**objectives, **COLUMNS})


def typed_curve(record: TrialRecord) -> "pd.DataFrame":
    """Return a row for each measurement of a trial, with a column for each metric.

    A metric whose name is taken is `metrics.NAME`.
    """
    curve = record.measurements
    names = dict.fromkeys(name for one in curve for name in one.metrics)
    columns: Columns = {name: [getattr(one, name) for one in curve] for name in CURVE_COLUMNS}
    metrics = {name: _free(name, "metrics", columns) for name in names}
    for name, column in metrics.items():
        columns[column] = [one.metrics.get(name) for one in curve]
    return _typed(columns, {**dict.fromkeys(metrics.values(), float), **CURVE_COLUMNS})


def _trials(view: StudyView) -> Columns:
    records = view.records
    columns: Columns = {name: [] for name in COLUMNS}
    for record in records:
        for name, cell in _own(record).items():
            columns[name].append(cell)
    for index, goal in enumerate(view.experiment.goals):
        values = [one.values[index] if one.values else None for one in records]
        columns.setdefault(goal.metric, values)
    params = [one.shown_params for one in records]
    names = dict.fromkeys(name for one in params for name in one)
    taken = tuple(columns)
    for name in names:
        columns[_free(name, "params", taken)] = [one.get(name) for one in params]
    return columns


def _own(record: TrialRecord) -> dict[str, Any]:
    return {
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


def _free(name: str, kind: str, taken: Sequence[str] | Columns) -> str:
    return f"{kind}.{name}" if name in taken else name


def _typed(columns: Columns, types: Mapping[str, type]) -> "pd.DataFrame":
    import pandas as pd

    series = {}
    for name, cells in columns.items():
        kind = types.get(name) or _kind_of(cells)
        series[writable(name)] = pd.Series(
            [None if cell is None else _cell(cell, kind) for cell in cells], dtype=DTYPES[kind]
        )
    return pd.DataFrame(series)


def _kind_of(cells: Sequence[Any]) -> type:
    """Return the one type that has all the values: text if there is no other."""
    found = {type(cell) for cell in cells if cell is not None}
    if found == {bool}:
        return bool
    if found == {int} and all(abs(cell) < 2**63 for cell in cells if cell is not None):
        return int
    return float if float in found and found <= {int, float} else str


def _cell(value: Any, kind: type) -> Any:
    if kind is not str:
        return value
    return writable(value if isinstance(value, str) else json.dumps(value, default=str))
