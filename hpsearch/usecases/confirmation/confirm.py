"""`hpsearch confirm`: the best configurations from fresh seeds, then the winner's final model."""

from numbers import Integral

from hpsearch.common.errors import UserError
from hpsearch.common.shared_change import PROCESS
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import Display
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.confirmation import faults
from hpsearch.usecases.confirmation.contenders import choose
from hpsearch.usecases.confirmation.procedure import Procedure
from hpsearch.usecases.confirmation.result import Confirmation
from hpsearch.usecases.confirmation.trainings import Trainings
from hpsearch.usecases.faults import argument_wrong
from hpsearch.usecases.held_study import held_study
from hpsearch.usecases.interrupts import Interrupts
from hpsearch.usecases.no_result import no_complete_trial
from hpsearch.usecases.pools import pool_faults
from hpsearch.usecases.view import StudyView, trial_of

LEAST = {"top": 1, "seeds": 2}
"""How many there must be: an interval needs two seeds."""

MOST = 10_000
"""So many or fewer; more is a slip."""


@IMPORTS.applied()
@PROCESS.applied()
def confirm(
    study: StudyView,
    display: Display,
    *,
    top: int,
    seeds: int,
    local: bool = False,
    fresh: bool = False,
    register: bool = True,
    verbose: bool = False,
    interrupts: Interrupts | None = None,
    trial: int | None = None,
) -> Confirmation:
    """Compare the best configurations, or resume it; raises UserError before anything starts.

    With a `trial` that one alone is confirmed.
    """
    _refuse_counts(top=top, seeds=seeds)
    only = _chosen(study, trial, local=local)
    study.store.on_wait(display.notice)
    store = study.store.part("confirmation")
    asked = interrupts or Interrupts(display)
    with (
        asked.heeded(),
        held_study(study.store, store, study.experiment, asked) as stack,
    ):
        if fresh:
            store.archive()
        choice = choose(study, store, top=top, seeds=seeds, only=only)
        trainings = Trainings(study, choice, display, asked, stack, local, verbose)
        return Procedure(trainings).run(register=register)


def _chosen(study: StudyView, trial: int | None, *, local: bool) -> TrialRecord | None:
    """Return the trial that alone is confirmed, if one is; raises UserError if that cannot be."""
    if found := pool_faults(study.experiment, local=local):
        raise UserError(*found)
    if study.best is None:
        raise UserError(no_complete_trial(study.store.name, study.experiment, study.records))
    only = None if trial is None else _complete_trial(study, trial)
    if (only or study.best).parent is not None:
        number = (only or study.best).number
        raise UserError(faults.schedule_not_repeatable(study.store.name, number))
    return only


def _complete_trial(study: StudyView, number: int) -> TrialRecord:
    """Return a complete trial; raises UserError if it is none."""
    record = trial_of(study, number)
    if record.state is not TrialState.COMPLETE:
        raise UserError(faults.not_complete(study.store.name, record))
    return record


def _refuse_counts(**counts: int) -> None:
    """Raise UserError if too few or too many are asked for."""
    found = [
        argument_wrong(name, given, f"a whole number from {LEAST[name]} to {MOST:,}")
        for name, given in counts.items()
        if not isinstance(given, Integral) or not LEAST[name] <= given <= MOST
    ]
    if found:
        raise UserError(*found)
