"""What people expect to be good, tried in front of any sampler, and doubted as results come in.

The first proposal has every prior as it is. Later ones are drawn around the priors with a chance of
`weight / (weight + finished trials)`, as in πBO, whose prior fades as trials finish (Hvarfner et
al., ICLR 2022); the sampler proposes the parameters that have no prior. What is drawn follows from
the seed and the journal alone.
"""

import random
from collections.abc import Collection, Sequence
from typing import Any

from optuna.trial import FrozenTrial

from hpsearch.analysis.confirmation import configuration
from hpsearch.common.proposal import trial_seed
from hpsearch.common.trial import Value
from hpsearch.experiment import (
    Categorical,
    Experiment,
    Parameter,
    completion_misfit,
    existing_values,
    place_of,
    priors_of,
    value_at_place,
)
from hpsearch.strategies.attributes import PRIOR
from hpsearch.strategies.params import is_complete

DEVIATION = 0.1
"""How far a number is drawn from its prior, on average, as a share of its range."""

OTHER_CHOICES = 0.25
"""How often a choice is drawn from all of them."""

MOST_DRAWS = 20
"""So many draws that were all tried before are enough: the sampler proposes instead."""


class Priors:
    """Draws hyperparameters at and around the priors of an experiment."""

    def __init__(self, experiment: Experiment, *, only_first: bool) -> None:
        """With `only_first` nothing is drawn around them: each configuration is tried once."""
        self._experiment = experiment
        self._priors = priors_of(experiment.space)
        self._only_first = only_first

    def __bool__(self) -> bool:
        """Return whether the experiment has any."""
        return bool(self._priors)

    def draw(self, trials: Sequence[FrozenTrial], tried: Collection[str]) -> dict[str, Value]:
        """Return expected hyperparameters for the next of these trials; none: ask the sampler.

        What is complete and was `tried` is not returned.
        """
        if not any(PRIOR in one.user_attrs for one in trials):
            return existing_values(self._experiment.space, self._priors)  # `validate` saw them
        if self._only_first:
            return {}
        source = random.Random(trial_seed(self._experiment.seed, f"prior:{len(trials)}"))  # noqa: S311
        finished = sum(one.state.is_finished() for one in trials)
        believed = self._believed(source.random(), finished)
        draws = (self._around(believed, source) for _ in range(MOST_DRAWS if believed else 0))
        return next((one for one in draws if self._is_fit(one, tried)), {})

    def _believed(self, chance: float, finished: int) -> list[str]:
        """Return the parameters whose prior is still believed this time."""
        space = self._experiment.space
        weights = {name: space[name].prior_weight for name in self._priors}
        return [name for name, weight in weights.items() if chance < weight / (weight + finished)]

    def _around(self, names: Collection[str], source: random.Random) -> dict[str, Value]:
        space = self._experiment.space
        return existing_values(space, {n: _near(space[n], self._priors[n], source) for n in names})

    def _is_fit(self, given: dict[str, Value], tried: Collection[str]) -> bool:
        is_whole = is_complete(self._experiment, given)
        is_tried = is_whole and configuration(self._experiment.recorded(given)) in tried
        return not is_tried and not completion_misfit(self._experiment, given)


def _near(parameter: Parameter, prior: Any, source: random.Random) -> Value:
    """Return a value near the prior."""
    if isinstance(parameter, Categorical):
        return source.choice(parameter.labels) if source.random() < OTHER_CHOICES else prior
    place = place_of(parameter, prior)
    moved = source.gauss(place, DEVIATION)
    while not 0 <= moved <= 1:  # not at the end of the range: there it would be too often
        moved = source.gauss(place, DEVIATION)
    return value_at_place(parameter, moved)
