"""Repairs a damaged journal: keeps a copy, saves what can be saved, says what is lost.

Optuna numbers trials in the order in which they are created, so a trial whose creation is lost is
created again, empty, in its place: otherwise all trials after it would get the wrong number. A
trial whose end is lost runs again; one that lost hyperparameters has failed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.study import StudyDirection
from optuna.trial import TrialState as OptunaState

from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.store.documents import JOURNAL
from hpsearch.strategies.amended import outside_of, translated
from hpsearch.strategies.attributes import ATTRIBUTE
from hpsearch.strategies.journal_format import Code, Log, damaged_lines, read_lines, to_line
from hpsearch.strategies.params import is_complete, params_of
from hpsearch.strategies.replay import replay_faults

LOST_PARAMETERS = "its hyperparameters were lost: the journal was damaged"


def repair_study(store: StudyStore, experiment: Experiment) -> str | None:
    """Repair a damaged journal and return what to tell the user; None if it is not damaged.

    The driver holds the study's lease.
    """
    with replay_faults(store):
        return _repair(store, experiment)


def _repair(store: StudyStore, experiment: Experiment) -> str | None:
    data = store.journal(writable=False).read()
    damaged = damaged_lines(data)
    if not damaged:
        return None
    logs = _with_lost_creations(_runs([log for _, log in read_lines(data)]), experiment)
    logs, failed = _with_failures(logs, experiment)
    copy = store.replace_journal(b"".join(to_line(log) for log in logs))
    return _account(copy, damaged, failed, _states(logs, experiment))


def _runs(logs: Sequence[Log | None]) -> list[list[Log]]:
    """Return the runs of undamaged records; between two of them, records are lost."""
    runs: list[list[Log]] = [[]]
    for before, log in zip([None, *logs], logs, strict=False):
        if log is not None:
            runs[-1].append(log)
        elif before is not None or runs == [[]]:
            runs.append([])
    return runs


def _with_lost_creations(runs: list[list[Log]], experiment: Experiment) -> list[Log]:
    """Return all records, with new creations in place of those that are known to be lost."""
    logs: list[Log] = []
    if not any(_creates(log, experiment) for run in runs for log in run):
        directions = [StudyDirection[goal.direction.upper()].value for goal in experiment.goals]
        study = {"study_name": experiment.name, "directions": directions}
        logs.append({"op_code": Code.CREATE_STUDY, "worker_id": "", **study})
    created, started = 0, datetime.now(UTC).isoformat()
    for run in runs:
        for _ in range(_lost_before(run, created)):
            trial = {"study_id": 0, "datetime_start": started}
            logs.append({"op_code": Code.CREATE_TRIAL, "worker_id": "", **trial})
            created += 1
        for log in run:
            created += log["op_code"] == Code.CREATE_TRIAL
            started = log.get("datetime_start") or started
            logs.append(log)
    return logs


def _lost_before(run: Sequence[Log], created: int) -> int:
    """Return how many trials a run of records mentions whose creation is missing."""
    lost = 0
    for log in run:
        created += log["op_code"] == Code.CREATE_TRIAL
        trial = log.get("trial_id")
        lost = max(lost, trial + 1 - created) if isinstance(trial, int) else lost
    return lost


def _creates(log: Log, experiment: Experiment) -> bool:
    return log["op_code"] == Code.CREATE_STUDY and log.get("study_name") == experiment.name


def _with_failures(logs: list[Log], experiment: Experiment) -> tuple[list[Log], list[int]]:
    """Return the records, with trials that lost hyperparameters as failed, and their numbers.

    Each study has its own journal, so a trial's id in it is its number.
    """
    failed = [number for number, (_, is_sound) in _states(logs, experiment).items() if not is_sound]
    kept = [
        log
        for log in logs
        if log["op_code"] != Code.SET_TRIAL_STATE_VALUES or log.get("trial_id") not in failed
    ]
    now = datetime.now(UTC).isoformat()
    for number in failed:
        trial = {"worker_id": "", "trial_id": number}
        reason = {ATTRIBUTE: {"reason": LOST_PARAMETERS}}
        kept.append({"op_code": Code.SET_TRIAL_USER_ATTR, **trial, "user_attr": reason})
        end = {"state": OptunaState.FAIL.value, "values": None, "datetime_complete": now}
        kept.append({"op_code": Code.SET_TRIAL_STATE_VALUES, **trial, **end})
    return kept, failed


def _states(logs: list[Log], experiment: Experiment) -> dict[int, tuple[OptunaState, bool]]:
    """Return each trial's state, and whether it has failed or has all its hyperparameters."""
    storage = JournalStorage(InMemory(translated(logs, experiment)))
    study_id = storage.get_study_id_from_name(experiment.name)
    return {
        trial.number: (
            trial.state,
            trial.state is OptunaState.FAIL
            or bool(outside_of(trial))
            or is_complete(experiment, params_of(trial, experiment.space)),
        )
        for trial in storage.get_all_trials(study_id, deepcopy=False)
    }


def _account(
    copy: str,
    damaged: list[int],
    failed: list[int],
    states: dict[int, tuple[OptunaState, bool]],
) -> str:
    lines = f"line{'s' * (len(damaged) > 1)} {', '.join(map(str, damaged[:20]))}"
    more = f" and {len(damaged) - 20} more" if len(damaged) > 20 else ""
    text = f"{JOURNAL} was damaged in {lines}{more}; it is kept as {copy}"
    again = [number for number, (state, _) in states.items() if not state.is_finished()]
    if failed:
        text += f"; lost their hyperparameters and count as failed: {_trials(failed)}"
    if again:
        text += f"; run again: {_trials(again)}"
    return text


def _trials(numbers: list[int]) -> str:
    return "trial " + ", ".join(map(str, numbers))


class InMemory(BaseJournalBackend):
    """Records for Optuna to replay."""

    def __init__(self, logs: list[Log]) -> None:
        self._logs = logs

    def read_logs(self, log_number_from: int) -> list[Log]:
        return self._logs[log_number_from:]

    def append_logs(self, logs: list[Log]) -> None:
        raise NotImplementedError
