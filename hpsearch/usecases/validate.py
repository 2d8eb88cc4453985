"""Everything that can be found wrong before anything is started or written."""

from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.experiment.schema import Experiment, read_experiment
from hpsearch.usecases.plan import Plan, make_plan, static_faults


def validate(path: Path, overrides: tuple[str, ...] = ()) -> tuple[Experiment, Plan]:
    """Return the experiment and what it would do; raises UserError with all its faults."""
    experiment = read_experiment(path, overrides)
    found = static_faults(experiment, path.resolve().parent)
    if _has_choices(experiment):
        from hpsearch.strategies import check_choices  # 0.4 s: not where Optuna has no say

        found += check_choices(experiment)
    if found:
        raise UserError(*found)
    return experiment, make_plan(experiment)


def _has_choices(experiment: Experiment) -> bool:
    """Return whether Optuna could refuse anything of the experiment."""
    exhaustive = experiment.sampler.type in ("grid", "brute_force")
    needs_options = experiment.pruner.type in ("percentile", "threshold", "patient", "asha")
    options = experiment.sampler.options or experiment.pruner.options
    return bool(options) or exhaustive or needs_options
