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
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from optuna.trial import TrialState as OptunaState

from hpsearch.common.trial import Measurement
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.attributes import ATTRIBUTE, CURVE, from_rows
from hpsearch.strategies.journal import KNOWN
from hpsearch.strategies.journal_format import Log, read_lines

CREATE_STUDY, CREATE_TRIAL, SET_STATE, SET_ATTRIBUTE = 0, 4, 6, 8

What = Literal["prepared", "proposed", "measured", "began again", "ended", "enqueued", "added"]


@dataclass(frozen=True)
class Event:
    """What happened to a trial; `measurements` are of one that was measured."""

    what: What
    number: int
    measurements: tuple[Measurement, ...] = ()


def recorded_events(store: StudyStore, name: str) -> list[Event]:
    """Return the events of the study of that name; a proposal made ahead is prepared before."""
    found = sorted(_placed(store, name), key=lambda one: one[0])
    return [event for _, event in found]


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


def _placed(store: StudyStore, name: str) -> Iterator[tuple[float, Event]]:
    """Give each event with its place in the journal."""
    trials = _Trials(name)
    for index, (_, log) in enumerate(read_lines(store.journal(writable=False).read())):
        number = trials.number_of(log) if log is not None else None
        if log is None or number is None:
            continue
        what = _what(log)
        if what == "proposed" and KNOWN in log:
            yield log[KNOWN] - 0.5, Event("prepared", number)
        if what is not None:
            yield index, Event(what, number, _measurements(log) if what == "measured" else ())


class _Trials:
    """Which trials are of one study; a journal may have others, by other programs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._studies: list[str] = []
        self._numbers: dict[int, int] = {}
        self._created = 0

    def number_of(self, log: Log) -> int | None:
        """Return the number of the trial that a record is about; None if it is of no trial."""
        code = log["op_code"]
        if code == CREATE_STUDY and log["study_name"] not in self._studies:
            self._studies.append(log["study_name"])
        if code != CREATE_TRIAL:
            return self._numbers.get(log.get("trial_id", -1))
        trial_id, self._created = self._created, self._created + 1
        if self._studies[log["study_id"]] != self._name:
            return None
        return self._numbers.setdefault(trial_id, len(self._numbers))


def _what(log: Log) -> What | None:
    code = log["op_code"]
    if code in (CREATE_TRIAL, SET_STATE):
        state = OptunaState(log.get("state", OptunaState.RUNNING.value))
        if state is OptunaState.WAITING:
            return "enqueued"
        if state.is_finished():
            return "added" if code == CREATE_TRIAL else "ended"
        return "proposed"
    if code != SET_ATTRIBUTE:
        return None
    attributes: dict[str, Any] = log["user_attr"]
    if any(key.startswith(CURVE) for key in attributes):
        return "measured"
    outcome = attributes.get(ATTRIBUTE)
    return "began again" if isinstance(outcome, dict) and [*outcome] == ["attempt"] else None


def _measurements(log: Log) -> tuple[Measurement, ...]:
    return tuple(one for rows in log["user_attr"].values() for one in from_rows(rows))
