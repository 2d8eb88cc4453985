"""Everything that can be found wrong before anything is started or written."""

from hpsearch.common.errors import UserError, cleaned
from hpsearch.experiment.schema import Experiment
from hpsearch.usecases.plan import Plan, make_plan, trainable_faults
from hpsearch.usecases.source import Source


def validate(source: Source) -> Plan:
    """Return what the experiment would do; raises UserError with all its faults."""
    with cleaned(source.experiment.privacy.clean):
        _refuse(source)
    return make_plan(source.experiment)


def _refuse(source: Source) -> None:
    experiment = source.experiment
    found = trainable_faults(experiment, source.folder)
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
