"""Whether a trial that another program ran is one of an experiment: whole, and inside its space.

Its constraints must be known, too: a trial that violates one would be taken for the best.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpsearch.common.earlier import EarlierTrial
from hpsearch.common.trial import Value
from hpsearch.experiment.fixed import is_fixed_as
from hpsearch.experiment.nesting import full_names
from hpsearch.experiment.suggestion_fit import fit_suggestion
from hpsearch.experiment.suggestions import left_open

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment


def fit_earlier(
    experiment: "Experiment", trial: EarlierTrial
) -> tuple[dict[str, Value], str | None]:
    """Return the trial's searched hyperparameters in the space's own values, or why it is outside.

    A fixed hyperparameter that the trial does not name counts as the experiment's.
    """
    space = experiment.space
    if unknown := _unknown_constraints(experiment, trial):
        return {}, _lacks(unknown)
    if not space and all(experiment.params.get(n) == v for n, v in trial.params.items()):
        return {}, None
    given = full_names(trial.params, [*space, *space.lists, *experiment.params])
    fixed = experiment.params.keys() - experiment.formulas.keys()
    others = [n for n in fixed & given.keys() if not is_fixed_as(experiment.params[n], given[n])]
    own, misfits = fit_suggestion(experiment, {n: v for n, v in given.items() if n not in others})
    if others or misfits:
        said = [f"`{one}` is not as in `params`" for one in sorted(others)]
        return {}, "; ".join([*said, *map(str, misfits)])
    implied = [name for name in own if name not in given and space.owner(name) not in given]
    missing = [*implied, *left_open(space, own)]
    return own, _lacks(missing) if missing else None


def _unknown_constraints(experiment: "Experiment", trial: EarlierTrial) -> list[str]:
    """Return the constraints that nothing says of a trial; one that was stopped has no value."""
    if trial.is_stopped or trial.infeasible is not None:
        return []
    return [metric for metric in experiment.constraints if metric not in trial.metrics]


def _lacks(names: Sequence[str]) -> str:
    return f"it has no {', '.join(f'`{one}`' for one in names)}"
