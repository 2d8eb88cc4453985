"""When measurements are written to the journal, and which reports are compared with other trials.

Every one until a trial has a thousand; then 500 in each doubling of their number, at the same ones
in every trial: at a report Optuna takes time in proportion to the reports before it. 100,000
reports: 4,300 comparisons.
"""

from collections.abc import Sequence

from hpsearch.common.goal import Goal, has_values
from hpsearch.common.trial import Measurement
from hpsearch.strategies.attributes import CURVE, curve_of, to_rows
from hpsearch.strategies.session import Session


class CurveWriter:
    """Collects the measurements of all trials and writes them to the journal, several at once."""

    def __init__(self, session: Session, goals: Sequence[Goal]) -> None:
        """`goals` are the objectives by which trials are compared."""
        self._session = session
        self._goals = goals
        self._unwritten: dict[int, list[Measurement]] = {}
        self._measured: dict[int, int] = {}
        self._scored: dict[int, int] = {}

    def add(self, number: int, measurements: Sequence[Measurement]) -> None:
        """Collect measurements of a trial, for the next `write`."""
        self._unwritten.setdefault(number, []).extend(measurements)

    def report(self, number: int, measurements: Sequence[Measurement]) -> bool:
        """Add measurements, write them if due; return whether to compare the last one."""
        if number not in self._measured:
            self._start_counts(number)
        self.add(number, measurements)
        scored = [m for m in measurements[-1:] if has_values(m, self._goals)]
        is_due = _is_due(number, self._measured, len(measurements))
        is_compared = _is_due(number, self._scored, len(scored))
        if is_due or is_compared:
            self.write(number)
        return is_compared

    def write(self, number: int) -> None:
        """Write what was collected of a trial to the journal."""
        measurements = self._unwritten.pop(number, [])
        if measurements:
            storage = self._session.storage
            known, key = storage.trial(number).user_attrs, f"{CURVE}{measurements[-1].step}"
            if key in known:  # metrics may be logged for an earlier step again
                key += f".{len(known)}"
            storage.set_trial_user_attr(storage.trial_id(number), key, to_rows(measurements))

    def _start_counts(self, number: int) -> None:
        """Count the measurements of earlier attempts, and those of them with the objective."""
        curve = curve_of(self._session.storage.trial(number))
        self._measured[number] = len(curve)
        self._scored[number] = sum(has_values(measurement, self._goals) for measurement in curve)


def _is_due(number: int, counts: dict[int, int], new: int) -> bool:
    """Count new measurements of a trial; return whether one of them is due."""
    before = counts[number]
    counts[number] = count = before + new
    every = 1 << (count // 1000).bit_length()
    return before // every < count // every
