"""`hpsearch run`: search until the budget is spent, then publish the best model."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from hpsearch.common.errors import cleaned
from hpsearch.common.goal import best_record
from hpsearch.common.loan import PROCESS
from hpsearch.common.trial import TrialRecord
from hpsearch.engine.ports import Display, Listener
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.tracking import MlflowRecorder
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.driver import FLUSH_SECONDS, Driver, End, repair, study_card
from hpsearch.usecases.identity import find_changes, record_experiment
from hpsearch.usecases.interrupts import Interrupts, answered_by
from hpsearch.usecases.register import publish
from hpsearch.usecases.report import show_in_mlflow
from hpsearch.usecases.source import Source
from hpsearch.usecases.suggest import tell_unfit
from hpsearch.usecases.validate import validate
from hpsearch.usecases.view import StudyHandle, StudyView


@dataclass(frozen=True)
class Result:
    """What a search came to. `model` is the registered name and version, where there is one."""

    store: StudyStore
    experiment: Experiment
    records: Sequence[TrialRecord]
    best: TrialRecord | None
    ended: str
    interrupted: bool
    seconds: float
    tracking: str
    model: str | None
    unrecorded: Sequence[int]


@IMPORTS.taken()
@PROCESS.taken()
def run(
    source: Source,
    display: Display,
    *,
    store: StudyStore,
    local: bool = False,
    fresh: bool = False,
    register: bool = True,
    verbose: bool = False,
    interrupts: Interrupts | None = None,
    listeners: Sequence[Listener] = (),
) -> Result:
    """Search, or go on; raises UserError before anything starts, SearchFailed after.

    `interrupts` stops it from another thread; `listeners` hear what happens beside the display.
    """
    experiment = source.experiment
    for notice in validate(source).notices:
        display.notice(notice)
    if fresh:
        with store.lease():
            store.set_aside()
    with ExitStack() as stack:
        stack.enter_context(cleaned(experiment.privacy.clean))
        stack.enter_context(store.lease())
        stack.callback(store.forget)  # if no search began
        asked = interrupts or Interrupts(display)
        stack.enter_context(answered_by(asked.handle))
        repair(store, experiment, display)
        tell_unfit(store, experiment, display.notice)
        _begin_anew_where_nothing_is_lost(store, experiment)
        identity = record_experiment(store, source)
        card = study_card(experiment, identity)
        driver = Driver(
            store, experiment, identity, card, display, asked, stack, listeners=listeners
        )
        end, recorder = driver.run(local=local, verbose=verbose)
        return _result(driver, recorder, end, register=register)


def _begin_anew_where_nothing_is_lost(store: StudyStore, experiment: Experiment) -> None:
    """Drop a study without a finished trial whose experiment was changed since."""
    if not store.exists() or not find_changes(store, experiment):
        return
    from hpsearch.strategies import read_study

    if not any(record.state.is_finished for record in read_study(store, experiment)):
        store.begin_anew()


def _result(driver: Driver, recorder: MlflowRecorder, end: End, *, register: bool) -> Result:
    """Publish the best model, unless somebody waits for the end, and let MLflow catch up."""
    best = best_record(end.records, driver.experiment.goals)
    model = None
    if best is not None and register and not end.interrupted:
        handle = StudyHandle(driver.store, driver.experiment, driver.identity)
        goal, value = driver.experiment.goals[0], best.values[0]
        model = publish(handle, best, recorder, driver.display, goal=goal, value=value)
    if not end.interrupted:  # who pressed Ctrl-C does not wait for pictures
        _show(driver, recorder, end, best)
    driver.display.phase("waiting for MLflow to have everything")
    unrecorded = recorder.close(FLUSH_SECONDS, "KILLED" if end.interrupted else "FINISHED")
    return Result(
        store=driver.store,
        experiment=driver.experiment,
        records=end.records,
        best=best,
        ended=end.why,
        interrupted=end.interrupted,
        seconds=end.seconds,
        tracking=recorder.address,
        model=model,
        unrecorded=unrecorded,
    )


def _show(driver: Driver, recorder: MlflowRecorder, end: End, best: TrialRecord | None) -> None:
    view = StudyView(
        driver.store, driver.experiment, driver.identity, end.records, best, running=False
    )
    show_in_mlflow(view, recorder, driver.display)
