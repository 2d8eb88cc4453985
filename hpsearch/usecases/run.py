"""`hpsearch run`: search until the budget is spent, then publish the best model."""

from collections.abc import Sequence

from hpsearch.common.goal import best_record, best_trained
from hpsearch.common.shared_change import PROCESS
from hpsearch.engine import Display, Listener
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.tracking import MlflowRecorder
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.driver import FLUSH_SECONDS, Driver, End, study_card
from hpsearch.usecases.end_command import end_command
from hpsearch.usecases.held_study import held_study
from hpsearch.usecases.identity import (
    Identity,
    find_changes,
    kept_if_refused,
    record_experiment,
)
from hpsearch.usecases.interrupts import Interrupts
from hpsearch.usecases.journal import has_finished, repair
from hpsearch.usecases.kept_strategies import keep_strategies
from hpsearch.usecases.model import publish
from hpsearch.usecases.other_folder import notices_of_other_folder
from hpsearch.usecases.report import show_in_mlflow
from hpsearch.usecases.report_process import ReportProcess
from hpsearch.usecases.result import Result
from hpsearch.usecases.source import Source
from hpsearch.usecases.suggest import tell_unfit
from hpsearch.usecases.validate import validate
from hpsearch.usecases.view import StudyHandle, StudyView
from hpsearch.usecases.warm_start import WarmStart, read_warm_start


@IMPORTS.applied()
@PROCESS.applied()
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
    """Search, or resume; raises UserError before anything starts, SearchFailed after.

    `interrupts` stops it from another thread; `listeners` are told what the display is told.
    """
    source, warm_start = _checked(source, store, display, local=local, fresh=fresh)
    experiment, asked = source.experiment, interrupts or Interrupts(display)
    with (
        asked.heeded(),
        end_command(source, store, display) as ending,
        held_study(store, store, experiment, asked) as stack,
    ):
        with kept_if_refused(store):
            identity = _begun(source, store, display)
            report = ReportProcess(store, experiment.budget.trials)
            stack.callback(report.close)
            driver = Driver(
                store,
                experiment,
                identity,
                study_card(experiment, identity),
                display,
                asked,
                stack,
                # local: trials run in this process, and so does what draws the report
                listeners=listeners if local else [*listeners, report],
                transfers=warm_start.taken,
                on_end=report.begin,
            )
            ending.began = True
            end, recorder = driver.run(local=local, verbose=verbose)
        result = _result(driver, recorder, end, report, register=register)
        ending.outcome = result.outcome
    return result


def _checked(
    source: Source, store: StudyStore, display: Display, *, local: bool, fresh: bool
) -> tuple[Source, WarmStart]:
    """Return what is searched and what it starts from; raises UserError with all that is wrong."""
    source, kept = (source, []) if fresh else keep_strategies(source, store)
    store.on_wait(display.notice)
    warm_start = read_warm_start(source.experiment, store, fresh=fresh)
    plan = validate(source, warm_start=warm_start, local=local)
    for notice in [*plan.notices, *kept, *notices_of_other_folder(source, store)]:
        display.notice(notice)
    if fresh:
        with store.lease():
            store.archive()
    return source, warm_start


def _begun(source: Source, store: StudyStore, display: Display) -> Identity:
    """Make a study ready to be searched, or searched on; return its identity."""
    repair(store, source.experiment, display)
    tell_unfit(store, source.experiment, display.notice)
    _reset_if_nothing_is_lost(store, source.experiment)
    return record_experiment(store, source)


def _reset_if_nothing_is_lost(store: StudyStore, experiment: Experiment) -> None:
    """Reset a study without a finished trial whose experiment was changed since."""
    if store.exists() and find_changes(store, experiment) and not has_finished(store, experiment):
        store.reset()


def _result(
    driver: Driver, recorder: MlflowRecorder, end: End, report: ReportProcess, *, register: bool
) -> Result:
    """Publish the best model, unless interrupted, and wait until MLflow has everything."""
    best = best_record(end.records, driver.experiment.goals)
    own = best_trained(end.records, driver.experiment.goals)
    model = None
    if own is not None and register and not end.interrupted:
        handle = StudyHandle(driver.store, driver.experiment, driver.identity)
        goal, value = driver.experiment.goals[0], own.values[0]
        model = publish(handle, own, recorder, driver.display, goal=goal, value=value)
    if not end.interrupted:  # after Ctrl-C nobody waits for pictures
        view = StudyView(
            driver.store, driver.experiment, driver.identity, end.records, best, running=False
        )
        show_in_mlflow(view, report.draw, recorder, driver.display)
    driver.display.phase("waiting until MLflow has everything")
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
