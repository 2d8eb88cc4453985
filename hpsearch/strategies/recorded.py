"""What happened in a study, in the order in which its driver saw it: the events of its journal.

| the journal's record | is the event |
|---|---|
| a trial is created, or an enqueued one is started | a proposal was taken |
| the same, its `known` | it was made when the journal had so many records: maybe ahead |
| rows of a curve | reports, and what was logged before each |
| another attempt is noted | a paused trial was promoted, or another one is tried again |
| a final state is set | the trial ended |
| a trial is created with a final state | another program's trial was added |

When a worker died or a paused attempt came to its end, no record says.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from typing import Any, Literal

from optuna.storages.journal._storage import JournalStorageReplayResult
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.trial import Measurement
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.attributes import ATTRIBUTE, CURVE, from_rows
from hpsearch.strategies.journal import KNOWN, Journal
from hpsearch.strategies.journal_format import Code, Log
from hpsearch.strategies.replay import replay_faults

What = Literal["prepared", "proposed", "measured", "began again", "ended", "enqueued", "added"]


@dataclass(frozen=True)
class Event:
    """What happened to a trial; `measurements` are of one that was measured."""

    what: What
    number: int
    measurements: tuple[Measurement, ...] = ()


def recorded_events(store: StudyStore, name: str) -> list[Event]:
    """Return the events of the study of that name; a proposal made ahead is prepared before.

    Optuna says which records count: other programs may have written some that change nothing.
    """
    changes = _Changes()
    with replay_faults(store):
        logs = Journal(store, writable=False).read_logs(0)
        placed = [one for index, log in enumerate(logs) for one in changes.take(index, log)]
    study = changes.study(name)
    own = [one for one in placed if one.study == study]
    return [one.event for one in sorted(own, key=attrgetter("place"))]


def slots_of(store: StudyStore, experiment: Experiment) -> int:
    """Return how many attempts ran at once at most, as the order of events shows.

    An attempt ran until its last report: when a paused one is pruned, it is long over.
    """
    spans: list[list[int]] = []
    last: dict[int, list[int]] = {}
    for index, event in enumerate(recorded_events(store, experiment.name)):
        if event.what in ("proposed", "began again"):
            spans.append([index, index])
            last[event.number] = spans[-1]
        elif event.number in last and event.what == "measured":
            last[event.number][1] = index
    moves = sorted([(begin, 1) for begin, _ in spans] + [(end, 2) for _, end in spans])
    at_once = accumulate(1 if move == 1 else -1 for _, move in moves)
    return max(1, *at_once) if moves else 1


@dataclass(frozen=True)
class _Placed:
    """An event of one of the journal's studies, and where in the journal it stands."""

    place: float
    study: int
    event: Event


class _Changes:
    """The changes of trials that the journal's records make, as Optuna takes them."""

    def __init__(self) -> None:
        self._replay = JournalStorageReplayResult("")

    def study(self, name: str) -> int | None:
        """Return the id of the study of that name; a journal may have others."""
        studies = self._replay.get_all_studies()
        return next((one._study_id for one in studies if one.study_name == name), None)

    def take(self, index: int, log: Log) -> Iterator[_Placed]:
        """Take the next record, and give the events that it is."""
        trials = self._replay._trials
        trial_id: int = (
            len(trials) if log["op_code"] == Code.CREATE_TRIAL else log.get("trial_id", -1)
        )
        before = trials.get(trial_id)
        self._replay.apply_logs([log])
        after = trials.get(trial_id)
        if after is None or after is before:
            return
        study, known = self._replay._trial_id_to_study_id[trial_id], log.get(KNOWN)
        what = _what(log, after)
        if what == "proposed" and isinstance(known, int):
            yield _Placed(known - 0.5, study, Event("prepared", after.number))
        if what is not None:
            curve = _measurements(log) if what == "measured" else ()
            yield _Placed(index, study, Event(what, after.number, curve))


def _what(log: Log, frozen: FrozenTrial) -> What | None:
    """Return what a record means that changed a trial to `frozen`."""
    code = log["op_code"]
    if code in (Code.CREATE_TRIAL, Code.SET_TRIAL_STATE_VALUES):
        if frozen.state is OptunaState.WAITING:
            return "enqueued"
        if frozen.state.is_finished():
            return "added" if code == Code.CREATE_TRIAL else "ended"
        return "proposed"
    if code != Code.SET_TRIAL_USER_ATTR:
        return None
    attributes: dict[str, Any] = log["user_attr"]
    if any(key.startswith(CURVE) for key in attributes):
        return "measured"
    outcome = attributes.get(ATTRIBUTE)
    return "began again" if isinstance(outcome, dict) and [*outcome] == ["attempt"] else None


def _measurements(log: Log) -> tuple[Measurement, ...]:
    with suppress(ValueError):  # other programs wrote it
        return tuple(one for rows in log["user_attr"].values() for one in from_rows(rows))
    return ()
