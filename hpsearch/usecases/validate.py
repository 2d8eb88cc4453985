"""Everything that can be found wrong before anything is started or written."""

from hpsearch.common.errors import UserError, cleaned
from hpsearch.strategies import check_choices
from hpsearch.trainable import hook_notices
from hpsearch.usecases.plan import Plan, make_plan, trainable_faults
from hpsearch.usecases.source import Source


def validate(source: Source) -> Plan:
    """Return what the experiment would do; raises UserError with all its faults."""
    experiment = source.experiment
    with cleaned(experiment.privacy.clean):
        _refuse(source)
        is_named = experiment.function is None  # else there is no file to look at
        notices = hook_notices(experiment.trainable, source.folder) if is_named else []
    return make_plan(experiment, notices)


def _refuse(source: Source) -> None:
    experiment = source.experiment
    found = trainable_faults(experiment, source.folder) + check_choices(experiment)
    if found:
        raise UserError(*found)
