"""What a person wants to try next: hyperparameters, all of them or some.

The sampler fills in what a suggestion leaves out. Whether one can be tried: `suggestion_fit.py`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpsearch.common.trial import Value
from hpsearch.experiment.existence import existence
from hpsearch.experiment.flat_space import FlatSpace
from hpsearch.experiment.space import in_order
from hpsearch.experiment.suggestion_fit import fit_suggestion

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment


@dataclass(frozen=True)
class Suggestion:
    """Hyperparameters to try next, once; the trial that tries them has the `id`."""

    id: str
    params: Mapping[str, Value]


def suggestion_problems(experiment: "Experiment") -> list[str]:
    """Return what is wrong with the experiment's `suggestions`, each as `what; fix`."""
    return [
        f"in `suggestions.{index}`, {one}; {one.fix.rstrip('?.')}"
        for index, given in enumerate(experiment.suggestions)
        for one in fit_suggestion(experiment, given)[1]
    ]


def own_suggestions(experiment: "Experiment") -> list[Suggestion]:
    """Return the experiment's suggestions; a new one does not change another's id."""
    times: Counter[str] = Counter()
    found = []
    for given in experiment.suggestions:
        params, _ = fit_suggestion(experiment, given)
        content = json.dumps(params, sort_keys=True)
        times[content] += 1
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        found.append(Suggestion(f"experiment-{digest}-{times[content]}", params))
    return found


def left_open(space: FlatSpace, params: Mapping[str, Value]) -> list[str]:
    """Return the hyperparameters that the sampler fills in, or might fill in, for a suggestion."""
    states = existence(space, params, in_order(space))
    left = [name for name, state in states.items() if name not in params and state is not False]
    return [*dict.fromkeys(map(space.owner, left))]
