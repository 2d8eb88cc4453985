"""Which configuration is best when each is trained from several seeds, and how certain that is.

The best value of a search is the best of many noisy ones, so it overstates. Here the best
configurations are trained again, all from the same fresh seeds, and their means are compared.
"""

import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from hpsearch.analysis.intervals import student_interval
from hpsearch.common.goal import Goal, rank
from hpsearch.common.proposal import Repetition, trial_seed
from hpsearch.common.text import number
from hpsearch.common.trial import TrialRecord, TrialState, Value


@dataclass(frozen=True)
class Contender:
    """A configuration: its best trial in the search, and its finished trainings from fresh seeds.

    Values are those of the first objective.
    """

    trial: TrialRecord
    goal: Goal
    trainings: Sequence[TrialRecord]

    @property
    def complete(self) -> list[TrialRecord]:
        """The trainings that have a value."""
        return [one for one in self.trainings if one.state is TrialState.COMPLETE]

    @property
    def failed(self) -> list[TrialRecord]:
        """The trainings that failed."""
        return [one for one in self.trainings if one.state is TrialState.FAILED]

    @cached_property
    def mean(self) -> float | None:
        """The mean over the seeds, None if there is no value."""
        return self.mean_of(0)

    def mean_of(self, objective: int) -> float | None:
        """Return the mean of one of several objectives, by its index; None if there is no value."""
        values = [one.values[objective] for one in self.complete]
        return statistics.fmean(values) if values else None

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """The mean's 95% interval, None if there are fewer than two values."""
        values = [one.values[0] for one in self.complete]
        return student_interval(values) if len(values) > 1 else None

    @property
    def selection_bias(self) -> float | None:
        """How much better the search's value was than the mean; negative if it was worse."""
        if self.mean is None:
            return None
        sign = 1 if self.goal.direction == "maximize" else -1
        return sign * (self.trial.values[0] - self.mean)

    def overlaps(self, other: "Contender") -> bool:
        """Return whether both intervals have a point in common."""
        assert self.interval and other.interval  # noqa: S101 (only such are compared)
        return self.interval[0] <= other.interval[1] and other.interval[0] <= self.interval[1]


@dataclass(frozen=True)
class Verdict:
    """The result of a comparison; `ranked` has the best one first, those without an interval last.

    `tied` are the others whose interval overlaps the winner's. There is no winner if no
    configuration was trained twice.
    """

    ranked: Sequence[Contender]
    winner: Contender | None
    tied: Sequence[Contender]

    @property
    def text(self) -> str:
        """The verdict as a sentence."""
        if self.winner is None:
            return "no configuration completed its training from two seeds"
        best, rivals = self.winner.trial.number, [one for one in self.ranked if one.interval][1:]
        if not rivals:
            return f"trial {best} is the only one: there is nothing to compare it with"
        extreme = "highest" if self.winner.goal.direction == "maximize" else "lowest"
        if not self.tied:
            return f"trial {best} wins: its mean is the {extreme}, and no interval overlaps its own"
        names = [str(one.trial.number) for one in [self.winner, *self.tied]]
        tied = f"{', '.join(names[:-1])} and {names[-1]}"
        return (
            f"a tie between trials {tied}: their intervals overlap; "
            f"trial {best} has the {extreme} mean and is taken"
        )

    @property
    def trainings(self) -> list[TrialRecord]:
        """All trainings of all configurations."""
        return [one for contender in self.ranked for one in contender.trainings]

    @property
    def figures(self) -> dict[str, float]:
        """Means and intervals by name, for MLflow."""
        found: dict[str, float] = {}
        for one in self.ranked:
            if one.mean is not None and one.interval is not None:
                name = f"trial_{one.trial.number}"
                found |= {f"mean/{name}": one.mean}
                found |= {f"low/{name}": one.interval[0], f"high/{name}": one.interval[1]}
        return found

    @property
    def table(self) -> str:
        """The verdict and the comparison in Markdown."""
        rows = [
            f"| {one.trial.number} | {number(one.trial.values[0])} | {number(one.mean)} "
            f"| {ends(one.interval)} | {len(one.complete)} |"
            for one in self.ranked
        ]
        head = "| trial | in the search | mean | 95% interval | seeds |\n|---|---|---|---|---|"
        return "\n".join([f"{self.text[0].upper()}{self.text[1:]}.", "", head, *rows])


def ends(interval: tuple[float, float] | None) -> str:
    """Return an interval for people, a dash if there is none."""
    return f"{number(interval[0])} to {number(interval[1])}" if interval else "-"


def judge(contenders: Sequence[Contender]) -> Verdict:
    """Return which contender has the best mean, and which ones have overlapping intervals."""
    rated = [one for one in contenders if one.interval is not None]
    rated.sort(key=lambda one: one.mean or 0.0, reverse=contenders[0].goal.direction == "maximize")
    ranked = [*rated, *(one for one in contenders if one.interval is None)]
    if not rated:
        return Verdict(ranked, None, ())
    winner, *others = rated
    return Verdict(ranked, winner, [one for one in others if winner.overlaps(one)])


def distinct(records: Sequence[TrialRecord], goals: Sequence[Goal]) -> list[TrialRecord]:
    """Return the complete trials, the best first; only the best of equal configurations."""
    found: dict[str, TrialRecord] = {}
    complete = [record for record in records if record.is_result]
    for record in sorted(complete, key=lambda one: rank(one, goals)):
        found.setdefault(configuration(record.params), record)
    return list(found.values())


def configuration(params: Mapping[str, Value]) -> str:
    """Return a key that is equal for equal hyperparameters; 1, 1.0 and true differ."""
    return repr(sorted(params.items()))


def fresh_seeds(seed: int, used: Collection[int]) -> Iterator[int]:
    """Yield seeds for a confirmation, without end and without those that the search used."""
    seeds = (trial_seed(seed, f"confirm:{index}") for index in count())
    return (one for one in seeds if one not in used)


def repetitions(trials: Sequence[TrialRecord], seeds: Sequence[int]) -> list[Repetition]:
    """Return what to train, seed by seed: an interruption leaves all with nearly the same seeds."""
    return [Repetition(trial.number, seed, trial.params) for seed in seeds for trial in trials]


def median_training(contender: Contender) -> TrialRecord:
    """Return the training with the median value; of the middle two the worse one."""
    is_maximized = contender.goal.direction == "maximize"
    ordered = sorted(contender.complete, key=lambda one: one.values[0], reverse=is_maximized)
    return ordered[len(ordered) // 2]
