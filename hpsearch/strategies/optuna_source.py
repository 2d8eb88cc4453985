"""Reads the finished trials of an Optuna storage: a journal file, SQLite, or a database's URL.

Nothing is written to it. A SQLite file is opened read-only, and no database is taken for Optuna's
that lacks its tables: Optuna would create them.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from hpsearch.common.earlier import EarlierTrial
from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.common.goal import Goal
from hpsearch.common.redaction import problem, redacted
from hpsearch.common.sqlite import HEADER
from hpsearch.experiment import is_number
from hpsearch.strategies import faults
from hpsearch.strategies.compatibility import why_other_objectives
from hpsearch.strategies.external_trials import values_of
from hpsearch.strategies.quiet import quiet

TABLES = ("studies", "trials", "version_info")


@dataclass(frozen=True)
class OptunaTrials:
    """The finished trials of one study, and how many others it has, by the reason.

    `names` are those of its hyperparameters and user attributes, as they are there.
    """

    study: str
    names: list[str]
    trials: list[EarlierTrial]
    unfinished: int
    failed: int
    without_value: int


def read_optuna(
    source: str, study_name: str | None, goals: tuple[Goal, ...], names: Mapping[str, str]
) -> OptunaTrials:
    """Return the trials of an Optuna study; `names` are ours for those of its hyperparameters.

    Raises UserError if it cannot be read, if it has several studies and none is named, or if its
    objectives are others.
    """
    try:
        with quiet(), _opened(source) as storage:
            return _read(storage, source, study_name, goals, names)
    except HpsearchError:
        raise
    except ModuleNotFoundError as error:
        raise UserError(faults.no_driver(redacted(source), error.name or str(error))) from None
    except Exception as error:  # a database's driver may raise anything
        raise UserError(faults.storage_unreadable(redacted(source), problem(error))) from None


def _read(
    storage: BaseStorage,
    source: str,
    study_name: str | None,
    goals: tuple[Goal, ...],
    names: Mapping[str, str],
) -> OptunaTrials:
    found = {one.study_name: one for one in storage.get_all_studies()}
    name = study_name or next(iter(found), "")
    if name not in found or (study_name is None and len(found) > 1):
        raise UserError(faults.no_study_in_storage(redacted(source), study_name, found))
    if why := why_other_objectives(found[name].directions, goals):
        raise UserError(faults.other_objectives(name, why))
    trials = storage.get_all_trials(found[name]._study_id, deepcopy=False)
    over = [one for one in trials if one.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    failed = sum(one.state is TrialState.FAIL for one in trials)
    earlier = [_earlier(one, goals, names) for one in over]
    useful = [one for one in earlier if one.values or one.is_stopped or one.infeasible]
    theirs = dict.fromkeys(n for one in trials for n in [*one.params, *_numbers(one)])
    return OptunaTrials(
        study=name,
        names=[*theirs],
        trials=useful,
        unfinished=len(trials) - len(over) - failed,
        failed=failed,
        without_value=len(earlier) - len(useful),
    )


def _earlier(
    frozen: FrozenTrial, goals: tuple[Goal, ...], names: Mapping[str, str]
) -> EarlierTrial:
    reports = frozen.intermediate_values
    wanted = {one.metric for one in goals[0].constraints}
    numbers = {names.get(name, name): value for name, value in _numbers(frozen).items()}
    return EarlierTrial(
        origin=f"trial {frozen.number}",
        params={names.get(name, name): value for name, value in frozen.params.items()},
        values=values_of(frozen, goals),
        reports={step: float(one) for step, one in reports.items() if is_number(one)},
        metrics={name: value for name, value in numbers.items() if name in wanted},
        infeasible=_why_infeasible(frozen),
        is_stopped=frozen.state is TrialState.PRUNED,
        started=frozen.datetime_start,
        finished=frozen.datetime_complete,
    )


@contextmanager
def _opened(source: str) -> Iterator[BaseStorage]:
    """Open the storage; a database's connections are closed at the end."""
    storage = _open(source)
    try:
        yield storage
    finally:
        if isinstance(storage, RDBStorage):
            storage.remove_session()
            storage.engine.dispose()


def _numbers(frozen: FrozenTrial) -> dict[str, float]:
    """Return the user attributes that are numbers."""
    attributes = frozen.user_attrs.items()
    return {name: float(one) for name, one in attributes if is_number(one) and not math.isnan(one)}


def _why_infeasible(frozen: FrozenTrial) -> str | None:
    """Return what Optuna's own constraints say: nothing if all hold, None if there are none."""
    found = frozen.constraints
    broken = [name for name, value in found.items() if not value <= 0]
    text = f"infeasible in its Optuna study, by its constraint {', '.join(broken)}"
    return (text if broken else "") if found else None


def _open(source: str) -> BaseStorage:
    """Return the storage; raises UserError if there is none."""
    scheme, separator, path = source.partition(":///")
    if separator and scheme.partition("+")[0] == "sqlite":
        return _database(_read_only(source, Path(path)))
    if "://" in source:
        return _database(source)
    file = Path(source)
    head = _head(source, file)
    if head.startswith(HEADER):
        return _database(_read_only(source, file))
    if not _is_record(head.partition(b"\n")[0]):
        raise UserError(faults.no_storage(source))
    return JournalStorage(JournalFileBackend(str(file)))


def _head(source: str, file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.readline(1_000_000)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UserError(faults.storage_unreadable(redacted(source), why)) from None


def _is_record(line: bytes) -> bool:
    try:
        log: Any = json.loads(line)
    except ValueError:
        return False
    return isinstance(log, dict) and "op_code" in log


def _read_only(source: str, file: Path) -> str:
    if not _head(source, file).startswith(HEADER):
        raise UserError(faults.no_storage(redacted(source)))
    return f"sqlite:///file:{quote(str(file.absolute()))}?mode=ro&uri=true"


def _database(url: str) -> RDBStorage:
    from sqlalchemy import create_engine, inspect

    engine = create_engine(url)
    try:
        known = inspect(engine).get_table_names()
    finally:
        engine.dispose()
    if not set(TABLES) <= set(known):
        raise UserError(faults.no_storage(redacted(url)))
    return RDBStorage(url, skip_table_creation=True)
