"""A study over trials whose curves are known, for asking what another strategy would have done.

The trials of a study are all that can be tried: in their order, or, if a sampler chooses, the
untried one that is nearest to what it proposes. A trial that had been stopped is known up to there.
If nothing stops it now, it is stopped where its curve ends, and counts as unknown.
"""

from collections.abc import Collection, Sequence

import numpy as np
from optuna.trial import FrozenTrial

from hpsearch.common.decision import Decision
from hpsearch.common.goal import has_values
from hpsearch.common.proposal import Proposal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.followed import FollowedStudy
from hpsearch.strategies.forest.encoding import ABSENT, Encoding
from hpsearch.strategies.records import to_record
from hpsearch.strategies.trials import read_trials

UNKNOWN = "its curve is not known any further"


class KnownStudy(FollowedStudy):
    """See `ports.Study`; its trials repeat those of another study.

    `unknown` has the numbers of those trials that would have gone on past what is known.
    """

    allows_lookahead = False

    def __init__(self, store: StudyStore, experiment: Experiment, *, keeps_order: bool) -> None:
        """`store` has the trials, `experiment` the other strategy.

        `keeps_order`: they are tried in their order, whatever the sampler would propose.
        """
        super().__init__(store, experiment)
        trials = read_trials(store, experiment)
        records = [to_record(frozen, experiment) for frozen in trials]
        self._known = {r.number: r for r in records if _is_measured(r, experiment)}
        self._left = {number: trials[number] for number in self._known}
        self._encoding = Encoding(experiment)
        self._keeps_order = keeps_order
        self._original: dict[int, int] = {}
        self._reached: dict[int, int] = {}
        self.unknown: set[int] = set()

    @property
    def known(self) -> Sequence[TrialRecord]:
        """The trials that can be tried."""
        return list(self._known.values())

    def original(self, number: int) -> TrialRecord:
        """Return what is known of a trial."""
        return self._known[self._original[number]]

    def is_at_end(self, number: int) -> bool:
        """Return whether a trial has made all reports that are known of it."""
        return self._reached.get(number, -1) >= (self.original(number).last_step or 0)

    def ask(self) -> Proposal | None:
        """Return the next of the known trials, or None."""
        if not self._left:
            return None
        number = len(self._session.storage.trials())
        chosen = self._next_in_order() if self._keeps_order else self._nearest()
        if chosen is None:
            return None
        del self._left[chosen]
        self._original[number] = chosen
        record = self._known[chosen]
        return Proposal(number, record.seed, record.params, record.started, repeats=chosen)

    def report(self, number: int, measurements: Sequence[Measurement]) -> Decision:
        """Decide as the strategy does; stop a trial that is not known any further."""
        self._reached[number] = measurements[-1].step
        decision = super().report(number, measurements)
        if decision.stop or not self._is_cut(number):
            return decision
        self.unknown.add(self._original[number])
        return Decision(stop=True, reason=UNKNOWN)

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial to promote; one that is not known any further stays paused."""
        left = {number for number in paused if self._original[number] not in self.unknown}
        number = super().promotable(left)
        if number is None or not self._is_cut(number):
            return number
        self.unknown.add(self._original[number])
        return self.promotable(left)

    def _is_cut(self, number: int) -> bool:
        """Return whether nothing more is known of a trial, though it would go on."""
        state = self.original(number).state
        ends_here = state.is_finished and state is not TrialState.PRUNED
        return not ends_here and self.is_at_end(number)

    def _next_in_order(self) -> int:
        chosen = min(self._left)
        self.take(self._left[chosen])
        return chosen

    def _nearest(self) -> int | None:
        proposal = super().ask()
        if proposal is None:
            return None
        wanted = self._session.storage.trial(proposal.number).params
        chosen = min(self._left, key=lambda one: self._distance(wanted, self._left[one]))
        self.correct(proposal.number, self._left[chosen])
        return chosen

    def _distance(self, wanted: dict[str, object], frozen: FrozenTrial) -> float:
        """Return how far apart two configurations are: 1 is a whole range, or another choice."""
        one, other = (np.array(self._encoding.encode(p)) for p in (wanted, frozen.params))
        apart = np.abs(one - other)
        is_all = [column in self._encoding.categories for column in range(len(one))]
        is_all |= (one == ABSENT) != (other == ABSENT)
        return float(np.where(is_all, one != other, apart).sum())


def _is_measured(record: TrialRecord, experiment: Experiment) -> bool:
    reports = (m for m in record.measurements if m.source == "reported")
    return any(has_values(one, experiment.goals) for one in reports)
