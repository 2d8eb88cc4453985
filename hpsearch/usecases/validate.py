"""Everything that can be found wrong before anything is started or written."""

from pathlib import Path

from hpsearch.common.errors import UserError, cleaned
from hpsearch.experiment.schema import Experiment, read_experiment
from hpsearch.trainable.misspelt_hooks import hook_notices
from hpsearch.usecases.plan import Plan, make_plan, trainable_faults


def validate(path: Path, overrides: tuple[str, ...] = ()) -> tuple[Experiment, Plan]:
    """Return the experiment and what it would do; raises UserError with all its faults."""
    experiment = read_experiment(path, overrides)
    with cleaned(experiment.privacy.clean):
        _refuse(experiment, path)
        notices = hook_notices(experiment.trainable, path.resolve().parent)
    return experiment, make_plan(experiment, notices)


def _refuse(experiment: Experiment, path: Path) -> None:
    found = trainable_faults(experiment, path.resolve().parent)
    if _has_choices(experiment):
        from hpsearch.strategies import check_choices  # 0.4 s: not where Optuna has no say

        found += check_choices(experiment)
    if found:
        raise UserError(*found)


def _has_choices(experiment: Experiment) -> bool:
    """Return whether Optuna could refuse anything of the experiment."""
    needs_values = experiment.sampler.type in ("grid", "brute_force", "gp")
    needs_options = experiment.pruner.type in ("percentile", "threshold", "patient", "asha")
    options = experiment.sampler.options or experiment.pruner.options
    return bool(options) or needs_values or needs_options
