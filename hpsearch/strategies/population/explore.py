"""What a copy tries: the hyperparameters of its parent, some of them changed.

Jaderberg et al., "Population Based Training of Neural Networks", 2017: a value is drawn anew, or
multiplied by 0.8 or 1.2. On a linear scale the distance from the low end is multiplied, so that
ranges that reach below 0 are no special case. A whole number changes by one at least. A choice is
drawn anew or kept.
"""

from collections.abc import Mapping
from random import Random

from hpsearch.common.trial import Value
from hpsearch.experiment import Categorical, Draws, Experiment, Parameter, nearest_value
from hpsearch.strategies.population.settings import Settings

FACTORS = (0.8, 1.2)
ATTEMPTS = 100
"""So often a copy is changed in another way if `parameter_constraints` forbid it."""


def explore(
    parent: Mapping[str, Value], experiment: Experiment, settings: Settings, seed: int
) -> dict[str, Value]:
    """Return the searched hyperparameters of a copy: allowed ones, else those of its parent."""
    random = Random(seed)  # noqa: S311 (no secret)
    known = {name: value for name, value in parent.items() if name in experiment.space}
    for _ in range(ATTEMPTS):
        changed = {**known, **_changed(known, experiment, settings, random)}
        drawn = Draws(experiment, random.getrandbits(31)).draw(changed)
        if not experiment.broken(drawn):
            return drawn
    return known


def _changed(
    known: Mapping[str, Value], experiment: Experiment, settings: Settings, random: Random
) -> dict[str, Value]:
    found = {name: known[name] for name in settings.change if name in known}
    fresh = Draws(experiment, random.getrandbits(31)).draw(
        {name: value for name, value in known.items() if name not in found}
    )
    return {
        name: fresh.get(name, value)
        if random.random() < settings.resample
        else _nearby(value, experiment.space[name], random.choice(FACTORS))
        for name, value in found.items()
    }


def _nearby(value: Value, parameter: Parameter, factor: float) -> Value:
    if isinstance(parameter, Categorical) or isinstance(value, str | None):
        return value
    low = 0.0 if parameter.log else parameter.low
    near = low + (value - low) * factor
    step = parameter.step
    if step is not None and abs(near - value) < step:
        near = value + (step if factor > 1 else -step)
    return nearest_value(parameter.low, parameter.high, step, near)
