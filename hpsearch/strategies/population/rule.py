"""Population based training: who pauses, who continues, who is replaced, and by a copy of whom.

Jaderberg et al., "Population Based Training of Neural Networks", 2017, truncation selection. A
population trains in intervals of some steps. Each member pauses with a checkpoint at the end of an
interval. When all have got there, the worst are pruned, and copies of the best take their places: a
copy is a trial of its own that starts from the checkpoint of its parent, with other
hyperparameters. One that failed is replaced, too. A member that is certain not to be among the
worst does not wait for the others, which changes nothing but the time.

| when | what |
|---|---|
| members are missing | a new trial: from the start, or a copy |
| a member is certain to stay | it continues; the one that is furthest behind comes first |
| a member is replaced | it is pruned |
| all members are finished | another population begins, while the budget lasts |

All of it follows from the trials and where they began, so a resumed search decides alike.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from random import Random

from hpsearch.common.goal import Goal
from hpsearch.common.proposal import trial_seed
from hpsearch.common.trial import Measurement, Origin, TrialState, Value
from hpsearch.experiment import Experiment
from hpsearch.strategies.population.member import Member
from hpsearch.strategies.population.settings import Settings, settings_of


class Population:
    """The members of one population; see `PausingRule`."""

    def __init__(self, settings: Settings, goal: Goal, *, trials: int, seed: int) -> None:
        """`trials` is how many the budget allows in all; `seed` chooses the parents."""
        self._settings = settings
        self._goal = goal
        self._trials = trials
        self._seed = seed
        self._index = 0
        self._begun = 0
        self._members: dict[int, Member] = {}

    # ---- what happens ------------------------------------------------------------------------

    def begin(self, number: int, params: Mapping[str, Value], origin: Origin | None = None) -> None:
        """Note a trial; one without an origin is no member."""
        self._begun = max(self._begun, number + 1)
        if origin is None:
            return
        if origin.population > self._index:
            self._index = origin.population
            self._members.clear()
        born = 0 if origin.step is None else self._intervals(origin.step)
        self._members[number] = Member(number, origin, born)

    def note(self, number: int, measurements: Sequence[Measurement]) -> None:
        """Add what a trial measured since the last call."""
        if (member := self._members.get(number)) is not None:
            settings = self._settings
            last = settings.last_interval
            member.note(measurements, self._goal, interval=settings.interval, last=last)

    def end(self, number: int, state: TrialState) -> None:
        """Note that a trial is finished."""
        if (member := self._members.get(number)) is not None:
            member.state = state

    # ---- who pauses and who continues --------------------------------------------------------

    def is_paused(self, number: int) -> bool:
        """Return whether a trial is at the end of an interval."""
        member = self._members.get(number)
        return member is not None and member.is_alive and member.is_due

    def next_step(self, number: int) -> float:
        """Return the step at which the trial pauses next."""
        member = self._members.get(number)
        if member is None or member.level >= self._settings.last_interval:
            return float("inf")
        return float((member.level + 1) * self._settings.interval)

    def why(self, number: int) -> str:
        """Return where a trial is paused, and what it has reached there."""
        member = self._members[number]
        step = member.steps[member.level]
        return f"pbt: {self._value(member, member.level)} at step {step}"

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial to continue now, or None; new trials come first."""
        for number in paused:
            if number in self._members:
                self._members[number].rests = True
        if self._missing():
            return None
        waiting = [self._members[number] for number in paused if number in self._members]
        certain = [one for one in waiting if self._stays(one)]
        return min(certain, key=lambda one: (one.level, one.number)).number if certain else None

    def replaced(self, paused: Collection[int]) -> Mapping[int, str]:
        """Return the paused trials that are replaced now, each with the reason."""
        found = {}
        for interval in self._compared():
            for rank, member in self._worst(interval):
                if member.number in paused and member.level == interval:
                    place = f"ranked {rank} of {len(self._reached(interval))}"
                    found[member.number] = f"{self.why(member.number)}, {place}; replaced by a copy"
        return found

    # ---- who begins --------------------------------------------------------------------------

    @property
    def is_due(self) -> bool:
        """Whether a trial should begin now."""
        return bool(self._missing()) or not any(one.is_alive for one in self._members.values())

    def next_origin(self, number: int) -> Origin:
        """Return where the next trial, of that number, begins; one `is_due`."""
        missing = self._missing()
        if not missing:
            return Origin(self._index + bool(self._members))
        interval = missing[0]
        if interval == 0:
            return Origin(self._index)
        parents = self._parents(interval)
        seed = trial_seed(self._seed, f"parent:{number}")
        parent = Random(seed).choice(parents)  # noqa: S311 (no secret)
        return Origin(self._index, parent.number, parent.steps[interval])

    def needed_steps(self, number: int) -> frozenset[int]:
        """Return the steps of the trial's checkpoints that copies start from, or may start from."""
        member = self._members.get(number)
        if member is None:
            return frozenset()
        furthest_behind = min(
            [*self._missing(), *(one.level for one in self._alive())], default=None
        )
        if furthest_behind is None:
            return frozenset()
        return frozenset(
            step
            for interval, step in member.steps.items()
            if interval >= furthest_behind and self._may_be_parent(member, interval)
        )

    # ---- the comparison after an interval ----------------------------------------------------

    def _missing(self) -> list[int]:
        """Return the interval at which each trial that should begin now begins; 0 is the start."""
        left = max(0, self._trials - self._begun)
        if fresh := self._count_fresh():
            return [0] * min(fresh, left)
        copies = [k for k in self._compared() for _ in range(self._count_missing(k))]
        return [] if self._is_over() else copies[:left]

    def _compared(self) -> Iterator[int]:
        """Yield the intervals that all members have behind them, until copies are missing."""
        if self._count_fresh():
            return
        for interval in range(1, self._settings.last_interval + 1):
            if self._awaited(interval) or not self._reached(interval):
                return
            yield interval
            if self._count_missing(interval) and self._begun < self._trials:
                return

    def _count_fresh(self) -> int:
        """Return how many members are missing that train from the start."""
        fresh = sum(one.born == 0 for one in self._members.values())
        return self._settings.population - fresh if fresh else 0

    def _count_missing(self, interval: int) -> int:
        """Return how many copies are missing after an interval that was compared."""
        members = self._members.values()
        if any(max(one.born, self._pruned_at(one)) > interval for one in members):
            return 0  # a later one was compared: the budget had no more trials at that time
        copies = sum(one.born == interval for one in members)
        return self._count_lost(interval) + len(self._worst(interval)) - copies

    def _is_over(self) -> bool:
        """Return whether the end of the search stopped its members: their checkpoints are gone."""
        return any(
            one.state is TrialState.PRUNED and one not in dict(self._worst(one.level)).values()
            for one in self._members.values()
        )

    def _stays(self, member: Member) -> bool:
        """Return whether a member is not among the worst, whatever the others will come to."""
        interval, place = member.level, member.rank_at(member.level)
        worse = sum(one.rank_at(interval) > place for one in self._reached(interval))
        possible = self._size(interval) + len(self._awaited(interval))
        return worse + self._count_lost(interval) >= self._share(possible)

    def _worst(self, interval: int) -> list[tuple[int, Member]]:
        """Return who is replaced after an interval, beside those that failed, with their ranks."""
        ranked = self._reached(interval)
        number = max(0, self._share(self._size(interval)) - self._count_lost(interval))
        return [*enumerate(ranked, start=1)][len(ranked) - number :]

    def _parents(self, interval: int) -> list[Member]:
        return self._reached(interval)[: max(1, self._share(self._size(interval)))]

    def _may_be_parent(self, member: Member, interval: int) -> bool:
        return interval not in self._compared() or member in self._parents(interval)

    def _reached(self, interval: int) -> list[Member]:
        """Return who has an interval behind them, the best first."""
        found = [one for one in self._members.values() if one.has_reached(interval)]
        return sorted(found, key=lambda one: one.rank_at(interval))

    def _awaited(self, interval: int) -> list[Member]:
        """Return who is on the way to the end of an interval."""
        return [o for o in self._alive() if o.born < interval and not o.has_reached(interval)]

    def _count_lost(self, interval: int) -> int:
        return sum(one.is_lost and one.level == interval - 1 for one in self._members.values())

    def _size(self, interval: int) -> int:
        return len(self._reached(interval)) + self._count_lost(interval)

    def _share(self, size: int) -> int:
        return int(size * self._settings.quantile + 1e-9)

    def _alive(self) -> list[Member]:
        return [one for one in self._members.values() if one.is_alive]

    def _intervals(self, step: int) -> int:
        return min(step // self._settings.interval, self._settings.last_interval)

    def _pruned_at(self, member: Member) -> int:
        return member.level if member.state is TrialState.PRUNED else 0

    def _value(self, member: Member, interval: int) -> str:
        value = member.values[interval]
        if value == float("inf"):
            return "it violates a constraint"
        shown = -value if self._goal.direction == "maximize" else value
        return f"{self._goal.metric} {shown:.4g}"


def population_of(experiment: Experiment) -> Population:
    """Return the rule of an experiment, without members; raises UserError."""
    settings, trials = settings_of(experiment), experiment.budget.trials
    return Population(settings, experiment.goals[0], trials=trials, seed=experiment.seed)
