"""Trials that other programs enqueued before the search: tried first, or failed with the reason."""

from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.experiment import Experiment
from hpsearch.strategies.attributes import ATTRIBUTE
from hpsearch.strategies.compatibility import why_not_runnable
from hpsearch.strategies.params import FIXED_PARAMS, enqueued_params, fixed_params
from hpsearch.strategies.storage import TrialStorage


def queue_enqueued(storage: TrialStorage, experiment: Experiment) -> None:
    """Queue the enqueued trials, which `ask` returns first; fail those that cannot run."""
    waiting = [one for one in storage.trials() if one.state is OptunaState.WAITING]
    storage.enqueued = [storage.trial_id(frozen.number) for frozen in waiting]
    for frozen in waiting:
        why, trial_id = why_not_runnable(frozen, experiment), storage.trial_id(frozen.number)
        if why is None:
            _encode(storage, frozen, experiment)
        else:
            storage.set_trial_user_attr(trial_id, ATTRIBUTE, {"reason": why})
            storage.set_trial_state_values(trial_id, OptunaState.FAIL)


def _encode(storage: TrialStorage, frozen: FrozenTrial, experiment: Experiment) -> None:
    """Write the choices of an enqueued trial in the form in which Optuna tells them apart."""
    encoded = fixed_params(enqueued_params(frozen, experiment), experiment.space)
    if repr(encoded) != repr(frozen.system_attrs.get(FIXED_PARAMS, {})):
        storage.set_trial_system_attr(storage.trial_id(frozen.number), FIXED_PARAMS, encoded)
