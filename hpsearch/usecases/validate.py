"""Everything that can be found wrong before anything is started or written."""

from pathlib import Path

from hpsearch.common.errors import UserError, cleaned
from hpsearch.experiment.schema import Experiment, read_experiment
from hpsearch.strategies import check_choices
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
    found = trainable_faults(experiment, path.resolve().parent) + check_choices(experiment)
    if found:
        raise UserError(*found)
