"""What a search can learn from the trials of an earlier study, hyperparameter by hyperparameter.

Of a value only its rank within its own study is taken: the earlier metric may have another scale,
or be another one. So 0 is better than all others there, 1 is worse.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hpsearch.common.text import count
from hpsearch.common.trial import TrialRecord, TrialState, Value
from hpsearch.experiment import (
    Categorical,
    Experiment,
    Parameter,
    existing_values,
    in_order,
    nearest_value,
    same_values,
    value_at_place,
)

MOST_TRIALS = 500
"""So many trials of a study are taken at most, evenly spread by their rank."""

NO_VALUE = "without a value"
NOTHING_COMMON = "without a value in this space"
MANY = f"beyond {MOST_TRIALS}, evenly spread by rank"


@dataclass(frozen=True)
class Transfer:
    """What is taken from one study: of each trial its hyperparameters and its ranks.

    A trial has one rank for each objective. `common` are the hyperparameters that some trial
    brought along; a trial that lacks one has a random value, which says nothing of it. `unused`
    counts the trials that were of no use, by the reason.
    """

    study: str
    objective: str
    trials: Sequence[tuple[Mapping[str, Value], Sequence[float]]]
    common: Sequence[str]
    unused: Mapping[str, int]

    def describe(self) -> str:
        """Return how many trials were of use, for what, and why the others were not."""
        total = len(self.trials) + sum(self.unused.values())
        text = f"{len(self.trials)} of {count(total, 'trial')} of `{self.study}` are of use"
        text += f", ranked by {self.objective}, for {', '.join(f'`{one}`' for one in self.common)}"
        return f"{text}; of no use: {self.why_unused()}" if self.unused else text

    def why_unused(self) -> str:
        """Return which trials were of no use; "" if all were."""
        return ", ".join(f"{amount} {why}" for why, amount in self.unused.items())


def transfer(
    name: str, experiment: Experiment, earlier: Experiment, records: Sequence[TrialRecord]
) -> Transfer:
    """Return what the trials of an earlier study, called `name`, say about this experiment."""
    unused: Counter[str] = Counter()
    usable = []
    for record in records:
        given = _common(record, experiment, earlier)
        if record.state not in (TrialState.COMPLETE, TrialState.PRUNED) or not record.values:
            unused[NO_VALUE] += 1
        elif not given:
            unused[NOTHING_COMMON] += 1
        else:
            usable.append((given, record.values))
    ranks = _ranks([values for _, values in usable], earlier)
    found = sorted(zip(ranks, (given for given, _ in usable), strict=True), key=lambda one: one[0])
    kept = evenly(found, MOST_TRIALS)
    unused[MANY] += len(found) - len(kept)
    common = [one for one in in_order(experiment.space) if any(one in given for _, given in kept)]
    source = random.Random(f"{experiment.seed}:{name}")  # noqa: S311
    return Transfer(
        study=name,
        objective=" and ".join(goal.label for goal in earlier.goals),
        trials=[(_filled(given, experiment, source), rank) for rank, given in kept],
        common=common,
        unused=+unused,
    )


def evenly(items: Sequence[Any], most: int) -> list[Any]:
    """Return at most so many of the items, from the first to the last at even distances."""
    if len(items) <= most:
        return list(items)
    return [items[round(index * (len(items) - 1) / max(most - 1, 1))] for index in range(most)]


def ranks_of(losses: Sequence[float]) -> list[float]:
    """Return the rank of each loss, from 0 for the least to 1; equal ones have the same rank."""
    order = sorted(losses)
    first = {value: index for index, value in reversed(list(enumerate(order)))}
    last = {value: index for index, value in enumerate(order)}
    return [((first[one] + last[one]) / 2 + 0.5) / len(order) for one in losses]


def _ranks(values: Sequence[Sequence[float]], earlier: Experiment) -> list[tuple[float, ...]]:
    columns = [
        ranks_of([-one[index] if goal.direction == "maximize" else one[index] for one in values])
        for index, goal in enumerate(earlier.goals)
    ]
    return list(zip(*columns, strict=True))


def _common(record: TrialRecord, experiment: Experiment, earlier: Experiment) -> dict[str, Value]:
    """Return the trial's hyperparameters that this experiment searches, in its own values."""
    found: dict[str, Value] = {}
    for name, value in record.params.items():
        parameter, before = experiment.space.get(name), earlier.space.get(name)
        actual = before.value_of(value) if isinstance(before, Categorical) else value
        own = _nearest(parameter, actual) if parameter is not None else []
        found |= {name: own[0]} if own else {}
    return existing_values(experiment.space, found)


def _nearest(parameter: Parameter, value: Any) -> list[Value]:
    """Return the parameter's value nearest to another one; none if that is outside its range."""
    if isinstance(parameter, Categorical) or not isinstance(value, int | float):
        return same_values(parameter, value)
    if isinstance(value, bool) or not parameter.low <= value <= parameter.high:
        return []
    own = nearest_value(parameter.low, parameter.high, parameter.step, value)
    return [round(own) if parameter.type == "int" else float(own)]


def _filled(
    given: Mapping[str, Value], experiment: Experiment, source: random.Random
) -> dict[str, Value]:
    """Return hyperparameters with random ones where the trial has none."""
    space = experiment.space
    drawn = {name: given.get(name, _random(space[name], source)) for name in in_order(space)}
    return existing_values(space, drawn)


def _random(parameter: Parameter, source: random.Random) -> Value:
    if isinstance(parameter, Categorical):
        return source.choice(parameter.labels)
    return value_at_place(parameter, source.random())
