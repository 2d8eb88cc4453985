"""Makes the decisions of a study again from its journal, and says which come out otherwise.

Each decision is made on what the journal had when it was made, whatever was decided before: one
that differs changes none of those after it. `told.py` says when a stop differs.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial

from hpsearch.common.text import parameters
from hpsearch.common.trial import Measurement, Value
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.amended import outside_of
from hpsearch.strategies.attributes import PRIOR, is_external
from hpsearch.strategies.followed import FollowedStudy
from hpsearch.strategies.params import FIXED_PARAMS
from hpsearch.strategies.recorded import Event, recorded_events
from hpsearch.strategies.records import to_record
from hpsearch.strategies.told import Difference, Told
from hpsearch.strategies.trials import read_trials


@dataclass
class Rerun:
    """How many decisions were made again, and those that differ.

    `given` trials were suggested or made by other programs: nobody proposed them. `outside` ones
    are none of the experiment since an amendment: they cannot be proposed again. `knows_order` is
    False if an earlier version wrote the journal: it does not say which proposals were made ahead,
    without the reports in between.
    """

    proposals: int = 0
    given: int = 0
    outside: int = 0
    reports: int = 0
    promotions: int = 0
    knows_order: bool = True
    differences: list[Difference] = field(default_factory=list)


def rerun(store: StudyStore, experiment: Experiment) -> Rerun:
    """Make all decisions of a study again; raises HpsearchError if its journal is unreadable.

    Takes about as long as all its proposals took.
    """
    trials = read_trials(store, experiment)
    events = recorded_events(store, experiment.name)
    replay = _Replay(store, experiment, trials)
    for event in events:
        replay.handle(event)
    amounts = [sum(e.what == what for e in events) for what in ("prepared", "proposed")]
    replay.result.knows_order = amounts[0] == amounts[1]
    return replay.result


class _Replay:
    """A study that follows the journal, and what it decides."""

    def __init__(
        self, store: StudyStore, experiment: Experiment, trials: Sequence[FrozenTrial]
    ) -> None:
        self.result = Rerun()
        self._experiment = experiment
        self._trials = trials
        self._records = [to_record(frozen, experiment) for frozen in trials]
        self._study = FollowedStudy(store, experiment)
        self._told = Told(self.result.differences.append)
        self._rest: defaultdict[int, list[Measurement]] = defaultdict(list)

    def handle(self, event: Event) -> None:
        """Follow one event; where it was decided, decide it again."""
        number = event.number
        if event.what == "prepared":
            if not self._is_given(number):
                self._study.prepare()
        elif event.what == "enqueued":
            self._study.enqueue(self._trials[number])
        elif event.what == "proposed":
            self._propose(number)
        elif event.what == "measured":
            self._measure(number, event.measurements)
        elif event.what == "added":
            self._add(number)
        elif event.what == "began again":
            self.result.promotions += self._told.begin_again(number, self._study.promotes)
        else:
            self._end(number)

    def _is_given(self, number: int) -> bool:
        """Return whether a person or another program gave it, or it is none of an amended study."""
        frozen = self._trials[number]
        is_fixed = FIXED_PARAMS in frozen.system_attrs and PRIOR not in frozen.user_attrs
        return is_fixed or bool(outside_of(frozen)) or is_external(frozen)

    def _propose(self, number: int) -> None:
        frozen, params = self._trials[number], self._records[number].params
        if self._is_given(number):
            is_outside = bool(outside_of(frozen))
            self.result.outside += is_outside
            self.result.given += not is_outside
            self._study.begin(frozen)
            return
        self.result.proposals += 1
        proposal = self._study.propose(frozen)
        proposed = proposal.params if proposal is not None else {}
        if proposed != params:
            names = [n for n in [*params, *proposed] if params.get(n) != proposed.get(n)]
            recorded, replayed = (self._words(one, names) for one in (params, proposed))
            replayed = replayed if proposal is not None else "nothing is left to try"
            self.result.differences.append(Difference(number, "proposal", None, recorded, replayed))

    def _words(self, params: Mapping[str, Value], names: Sequence[str]) -> str:
        shown = self._experiment.privacy.shown(params)
        return parameters({name: shown[name] for name in dict.fromkeys(names) if name in shown})

    def _measure(self, number: int, measurements: Sequence[Measurement]) -> None:
        for turn in self._turns(number, measurements):
            self.result.reports += 1
            self._told.report(number, turn[-1].step, self._study.report(number, turn))

    def _turns(
        self, number: int, measurements: Sequence[Measurement]
    ) -> Iterator[list[Measurement]]:
        """Give each report with what was logged before it; what is left waits for the next."""
        for measurement in measurements:
            self._rest[number].append(measurement)
            if measurement.source == "reported":
                yield self._rest.pop(number)

    def _end(self, number: int) -> None:
        record = self._records[number]
        if not is_external(self._trials[number]):
            self._told.end(record)
        self._study.end(record, self._trials[number], self._rest.pop(number, []))

    def _add(self, number: int) -> None:
        """Take a trial that came finished: another program ran it."""
        self.result.given += 1
        self._study.add(self._records[number], self._trials[number])
