"""The records of trials, those of finished ones made once: such a trial never changes again."""

from collections.abc import Iterable

from optuna.trial import FrozenTrial

from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.strategies.records import to_record


class Records:
    """The trials of a journal as records."""

    def __init__(self, experiment: Experiment, known: Iterable[TrialRecord]) -> None:
        """`known` are some of them, as they were read."""
        self._experiment = experiment
        self._finished = {record.number: record for record in known if record.state.is_finished}

    def of(self, frozen: FrozenTrial) -> TrialRecord:
        """Return a trial as a record."""
        if not frozen.state.is_finished():
            return to_record(frozen, self._experiment)
        if frozen.number not in self._finished:
            self._finished[frozen.number] = to_record(frozen, self._experiment)
        return self._finished[frozen.number]

    def all(self, trials: Iterable[FrozenTrial]) -> list[TrialRecord]:
        """Return trials as records."""
        return [self.of(frozen) for frozen in trials]
