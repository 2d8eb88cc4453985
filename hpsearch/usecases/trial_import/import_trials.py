"""`hpsearch import`: finished trials of another program become trials of a study."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.common.earlier import EarlierTrial
from hpsearch.common.errors import Fault, UserError
from hpsearch.common.redaction import redacted
from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment, fit_earlier
from hpsearch.store import StudyStore
from hpsearch.store.documents import IDENTITY
from hpsearch.usecases.identity import record_experiment, refuse_changes
from hpsearch.usecases.journal import read_records
from hpsearch.usecases.source import Source
from hpsearch.usecases.summary import refresh_summary
from hpsearch.usecases.trial_import import faults
from hpsearch.usecases.trial_import.csv_states import WITHOUT_VALUE
from hpsearch.usecases.trial_import.csv_trials import read_csv
from hpsearch.usecases.validate import validate

if TYPE_CHECKING:
    from hpsearch.strategies import Imports

TABLES = (".csv", ".tsv")

Fitting = tuple[EarlierTrial, Mapping[str, Value]]
"""A trial of the experiment, and its hyperparameters as the experiment has them."""


@dataclass(frozen=True)
class ImportRequest:
    """What to import: a file or an address, `names` of ours for theirs, which study of several."""

    origin: str
    names: Mapping[str, str] = field(default_factory=dict)
    study_name: str | None = None

    @property
    def shown(self) -> str:
        """The file or address without passwords."""
        return redacted(self.origin)


@dataclass(frozen=True)
class Imported:
    """What was taken, or would be: how many trials, and why others are left out.

    `known` were imported before; `left` is how many trials of the budget are left to run.
    """

    study: str
    origin: str
    added: int
    known: int
    outside: Sequence[str]
    others: Mapping[str, int]
    notices: Sequence[str]
    left: int
    is_dry_run: bool


@dataclass(frozen=True)
class _Read:
    """What was read: the trials, and how many others there were, by the reason.

    `label` says where they are from: a file's name, else that of the study.
    """

    trials: Sequence[EarlierTrial]
    others: Mapping[str, int]
    label: str
    unused: Sequence[str] = ()


def import_trials(
    source: Source, store: StudyStore, request: ImportRequest, *, dry_run: bool = False
) -> Imported:
    """Add another program's trials to a study, or begin it with them; those it has are left.

    Raises UserError with all that is wrong before anything is written.
    """
    experiment = source.experiment
    read = _all_faults_at_once(lambda: _check(source, store), lambda: _read(request, experiment))
    made, outside = _made(read, experiment)
    if not made:
        others = [f"{amount} {why}" for why, amount in read.others.items()]
        raise UserError(faults.nothing_to_import(request.shown, [*others, *outside]))
    added = _add(source, store, made, dry_run=dry_run)
    trials = len(read_records(store, experiment)) + dry_run * added
    return Imported(
        study=store.name,
        origin=request.shown,
        added=added,
        known=len(made) - added,
        outside=outside,
        others=read.others,
        notices=[f"unused columns: {', '.join(read.unused)}"] if read.unused else [],
        left=max(0, experiment.budget.trials - trials),
        is_dry_run=dry_run,
    )


def _made(read: _Read, experiment: Experiment) -> tuple["Imports", list[str]]:
    """Return the trials as they would be written, by their ids, and why others are left out."""
    from hpsearch.strategies import made_imports

    fitting, outside = _fitting(read.trials, experiment)
    made, refused = made_imports(experiment, fitting, read.label)
    return made, [*outside, *refused]


def _add(source: Source, store: StudyStore, made: "Imports", *, dry_run: bool) -> int:
    """Add those trials that the study does not have; return how many these are."""
    from hpsearch.strategies import add_imports, new_imports

    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(store.lease())
            stack.callback(store.remove_unstarted)
            record_experiment(store, source)
        fresh = new_imports(store, source.experiment, made)
        if fresh and not dry_run:
            add_imports(store, source.experiment, fresh)
            refresh_summary(store)
    return len(fresh)


def _check(source: Source, store: StudyStore) -> None:
    """Raise UserError if the experiment is wrong, or not the one that the study was begun with."""
    if store.has(IDENTITY):
        refuse_changes(store, source)
    else:
        validate(source)


def _all_faults_at_once(*steps: Callable[[], object]) -> "_Read":
    """Return what the last step returns; raises UserError with the faults of all of them."""
    found: list[Fault] = []
    result: object = None
    for step in steps:
        try:
            result = step()
        except UserError as error:
            found += error.faults
    if found or not isinstance(result, _Read):
        raise UserError(*found)
    return result


def _read(request: ImportRequest, experiment: Experiment) -> _Read:
    """Return the trials; raises UserError with all that is wrong with what is asked for."""
    metrics = [*(goal.metric for goal in experiment.goals), *experiment.constraints]
    known = [*experiment.space, *experiment.params, *metrics]
    wrong = [
        faults.map_to_nowhere(theirs, ours, known)
        for theirs, ours in request.names.items()
        if ours not in known
    ]
    return _all_faults_at_once(lambda: _refuse(wrong), lambda: _rows_or_trials(request, experiment))


def _refuse(found: Sequence[Fault]) -> None:
    if found:
        raise UserError(*found)


def _rows_or_trials(request: ImportRequest, experiment: Experiment) -> _Read:
    file = Path(request.origin)
    if file.suffix.lower() in TABLES:
        _refuse([faults.study_name_of_table(one) for one in [request.study_name] if one])
        found = read_csv(file, experiment, request.names)
        return _Read(found.trials, found.others, file.name, found.unused)
    from hpsearch.strategies import read_optuna

    optuna = read_optuna(request.origin, request.study_name, experiment.goals, request.names)
    strange = [one for one in request.names if one not in optuna.names]
    _refuse([faults.map_from_nowhere(request.shown, one, optuna.names) for one in strange])
    others = {
        "not finished": optuna.unfinished,
        "failed": optuna.failed,
        WITHOUT_VALUE: optuna.without_value,
    }
    some = {why: amount for why, amount in others.items() if amount}
    return _Read(optuna.trials, some, optuna.study if "://" in request.origin else file.name)


def _fitting(
    trials: Sequence[EarlierTrial], experiment: Experiment
) -> tuple[list[Fitting], list[str]]:
    """Return the trials of the experiment, and why each other one is none of it."""
    fitting: list[Fitting] = []
    outside = []
    for trial in trials:
        own, why = fit_earlier(experiment, trial)
        if why is None:
            fitting.append((trial, own))
        else:
            outside.append(f"{trial.origin}: {why}")
    return fitting, outside
