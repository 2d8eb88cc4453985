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

from collections.abc import Collection, Mapping, Sequence
from random import Random

from hpsearch.common.goal import Goal
from hpsearch.common.proposal import trial_seed
from hpsearch.common.trial import Measurement, Origin, TrialState, Value
from hpsearch.experiment import Experiment
from hpsearch.strategies.population.member import Member
from hpsearch.strategies.population.members import Members
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
        self._members = Members(settings)

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
        self._members.add(Member(number, origin, born))

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
        certain = [one for one in waiting if self._members.stays(one)]
        return min(certain, key=lambda one: (one.level, one.number)).number if certain else None

    def replaced(self, paused: Collection[int]) -> Mapping[int, str]:
        """Return the paused trials that are replaced now, each with the reason."""
        found = {}
        for interval in self._members.compared(self._left):
            for rank, member in self._members.worst(interval):
                if member.number in paused and member.level == interval:
                    place = f"ranked {rank} of {len(self._members.reached(interval))}"
                    found[member.number] = f"{self.why(member.number)}, {place}; replaced by a copy"
        return found

    # ---- who begins --------------------------------------------------------------------------

    @property
    def is_due(self) -> bool:
        """Whether a trial should begin now."""
        return bool(self._missing()) or not self._members.alive()

    def next_origin(self, number: int) -> Origin:
        """Return where the next trial, of that number, begins; one `is_due`."""
        missing = self._missing()
        if not missing:
            return Origin(self._index + any(self._members))
        interval = missing[0]
        if interval == 0:
            return Origin(self._index)
        parents = self._members.parents(interval)
        seed = trial_seed(self._seed, f"parent:{number}")
        parent = Random(seed).choice(parents)  # noqa: S311 (no secret)
        return Origin(self._index, parent.number, parent.steps[interval])

    def needed_steps(self, number: int) -> frozenset[int]:
        """Return the steps of the trial's checkpoints that copies start from, or may start from."""
        member = self._members.get(number)
        if member is None:
            return frozenset()
        furthest_behind = min(
            [*self._missing(), *(one.level for one in self._members.alive())], default=None
        )
        if furthest_behind is None:
            return frozenset()
        return frozenset(
            step
            for interval, step in member.steps.items()
            if interval >= furthest_behind and self._may_be_parent(member, interval)
        )

    def _missing(self) -> list[int]:
        return self._members.missing(self._left)

    @property
    def _left(self) -> int:
        """How many trials the budget still allows."""
        return max(0, self._trials - self._begun)

    def _may_be_parent(self, member: Member, interval: int) -> bool:
        is_compared = interval in self._members.compared(self._left)
        return not is_compared or member in self._members.parents(interval)

    def _intervals(self, step: int) -> int:
        return min(step // self._settings.interval, self._settings.last_interval)

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
