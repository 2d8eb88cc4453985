"""Whether a journal's stops, pauses and promotions are those that a replay tells its trials.

| the journal | the replay | |
|---|---|---|
| has a further report, or the end of training | had stopped or paused it | differs |
| has a trial that was stopped, or stayed paused | continues it | differs |
| promotes a paused trial | leaves it paused | differs |

A stop that may come with the last report waits for the next one (`engine/stops.py`). No record says
when a paused attempt had ended, so a promotion that came late is no difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hpsearch.common.decision import Decision
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import SEARCH_ENDED, Stop, is_deferred


@dataclass(frozen=True)
class Difference:
    """A decision that came out otherwise; `step` is None for a proposal."""

    trial: int
    kind: Literal["proposal", "stop", "promotion"]
    step: int | None
    recorded: str
    replayed: str


@dataclass
class _Told:
    """What the replay told an attempt, at which step; how many reports came since."""

    stop: Stop
    step: int
    waits: bool
    reports: int = 0

    @property
    def pauses(self) -> bool:
        return self.stop.becomes is TrialState.PAUSED

    @property
    def words(self) -> str:
        return f"{'paused' if self.pauses else 'stopped'} at step {self.step}: {self.stop.reason}"


class Told:
    """What the replay has told each trial; notes what the journal has otherwise."""

    def __init__(self, differ: Callable[[Difference], None]) -> None:
        self._differ = differ
        self._told: dict[int, _Told] = {}
        self._differing: set[int] = set()
        self._end: int | None = None

    def report(self, number: int, step: int, decision: Decision) -> None:
        """Take a report of the journal, and what the replay answers to it."""
        told = self._told.get(number)
        if told is not None:
            told.reports += 1
            if told.reports > told.waits:
                self._stop_differs(number, told.step, f"continued to step {step}", told.words)
                del self._told[number]
        elif decision.stop and number not in self._differing:
            stop = Stop(decision.reason, TrialState.PAUSED if decision.pause else TrialState.PRUNED)
            waits = is_deferred(stop, step=step, end=self._end, savable=True, is_first=False)
            self._told[number] = _Told(stop, step, waits)

    def begin_again(self, number: int, promotes: Callable[[int], bool]) -> bool:
        """Take another attempt; return whether it is a promotion, which the replay should make."""
        told = self._told.pop(number, None)
        self._differing.discard(number)
        if told is None or not told.pauses:
            return False
        if not promotes(number):
            self._differ(Difference(number, "promotion", told.step, "promoted", told.words))
        return True

    def end(self, record: TrialRecord) -> None:
        """Take the end of a trial."""
        number, step = record.number, record.last_step
        told = self._told.pop(number, None)
        if number not in self._differing:
            self._compare_end(record, told)
        if record.state is TrialState.COMPLETE and step is not None:
            self._end = step if self._end is None else min(step, self._end)

    def _compare_end(self, record: TrialRecord, told: _Told | None) -> None:
        number = record.number
        if record.state is TrialState.COMPLETE:
            if told is not None and (told.reports or not told.waits):
                self._stop_differs(number, told.step, "trained to its end", told.words)
        elif record.state is TrialState.PRUNED and told is None and not _is_left(record):
            self._stop_differs(number, record.last_step, f"stopped: {record.reason}", "continued")

    def _stop_differs(self, number: int, step: int | None, recorded: str, replayed: str) -> None:
        self._differing.add(number)
        self._differ(Difference(number, "stop", step, recorded, replayed))


def _is_left(record: TrialRecord) -> bool:
    """Return whether the end of the search stopped it."""
    return record.reason.startswith(SEARCH_ENDED)
