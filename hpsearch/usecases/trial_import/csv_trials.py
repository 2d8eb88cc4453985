"""The rows of a CSV as finished trials: a column for each hyperparameter and each objective."""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpsearch.common.earlier import EarlierTrial
from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment import Categorical, Experiment
from hpsearch.usecases.trial_import import faults
from hpsearch.usecases.trial_import.csv_cells import hyperparameters, number_in, params_in
from hpsearch.usecases.trial_import.csv_states import STATE_COLUMNS, with_state

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class CsvTrials:
    """The rows that teach something, how many others there are by the reason, unused columns."""

    trials: Sequence[EarlierTrial]
    others: Mapping[str, int]
    unused: Sequence[str]


def read_csv(file: Path, experiment: Experiment, names: Mapping[str, str]) -> CsvTrials:
    """Return the rows of a file; `names` are ours for those of its columns.

    The separator is a comma, a semicolon or a tab. Raises UserError with all that is wrong.
    """
    header, *rows = _rows(file)
    ours = [names.get(column, column) for column in header]
    wrong = _faults(file, header, ours, experiment, names)
    if wrong := wrong or _row_faults(file.name, ours, rows, experiment):
        raise UserError(*wrong)
    known = _known(experiment)
    state = [name for name in STATE_COLUMNS if "state" in ours and name not in known]
    trials, others = [], Counter[str]()
    for index, row in enumerate(rows, start=2):
        cells = dict(zip(ours, row, strict=False))
        about = {name: cells.get(name, "") for name in state}
        found = with_state(_trial(index, cells, experiment), about)
        if isinstance(found, str):
            others[found] += 1
        else:
            trials.append(found)
    used = {*known, *state}
    unused = [column for column, own in zip(header, ours, strict=True) if own not in used]
    return CsvTrials(trials, dict(others), unused)


def _known(experiment: Experiment) -> set[str]:
    metrics = (goal.metric for goal in experiment.goals)
    return {*hyperparameters(experiment), *metrics, *experiment.constraints}


def _trial(index: int, cells: Mapping[str, str], experiment: Experiment) -> EarlierTrial:
    """Return a row's trial, without values unless each objective has a finite one."""
    values = tuple(number_in(cells.get(goal.metric, "")) for goal in experiment.goals)
    bounded = {one: number_in(cells.get(one, "")) for one in experiment.constraints}
    return EarlierTrial(
        f"row {index}",
        params_in(cells, experiment),
        values if all(map(math.isfinite, values)) else (),
        metrics={name: value for name, value in bounded.items() if not math.isnan(value)},
    )


def _rows(file: Path) -> list[list[str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise UserError(faults.file_unreadable(str(file), problem)) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(faults.results_unreadable(str(file), str(error))) from None
    if not rows:
        raise UserError(faults.results_unreadable(str(file), "it is empty"))
    return [[cell.strip() for cell in row] for row in rows]


def _faults(
    file: Path,
    header: Sequence[str],
    ours: Sequence[str],
    experiment: Experiment,
    names: Mapping[str, str],
) -> list[Fault]:
    """Return what is wrong with the columns: missing, there twice, or mapped from nowhere."""
    searched = [name for name, one in experiment.space.items() if not one.when]
    metrics = [*(goal.metric for goal in experiment.goals), *experiment.constraints]
    needed = dict.fromkeys([*searched, *metrics])
    found = [faults.no_column(file.name, one, header) for one in needed if one not in ours]
    twice = dict.fromkeys(one for one in ours if ours.count(one) > 1)
    found += [faults.column_twice(file.name, one) for one in twice]
    found += [faults.map_from_nowhere(file.name, one, header) for one in names if one not in header]
    return found


def _row_faults(
    file: str, ours: Sequence[str], rows: Sequence[Sequence[str]], experiment: Experiment
) -> list[Fault]:
    """Return the first row with cells beyond the header, or else the first decimal comma."""
    for index, row in enumerate(rows, start=2):
        if any(row[len(ours) :]):
            return [faults.row_too_long(file, index, len(row), len(ours))]
    numbers = {name for name, one in experiment.space.items() if not isinstance(one, Categorical)}
    numbers |= {*(goal.metric for goal in experiment.goals), *experiment.constraints}
    for index, row in enumerate(rows, start=2):
        for name, cell in zip(ours, row, strict=False):
            if name in numbers and DECIMAL_COMMA.fullmatch(cell):
                return [faults.decimal_comma(file, index, cell)]
    return []
