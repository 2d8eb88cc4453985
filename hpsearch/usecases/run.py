"""`hpsearch run`: search until the budget is spent, then publish the best model."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from hpsearch.common.errors import Fault, cleaned
from hpsearch.common.goal import best_record
from hpsearch.common.shared_change import PROCESS
from hpsearch.common.trial import TrialRecord
from hpsearch.engine import Display, Listener
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.tracking import MlflowRecorder
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.begun import continued
from hpsearch.usecases.driver import FLUSH_SECONDS, Driver, End, study_card
from hpsearch.usecases.end_command import Outcome, end_command
from hpsearch.usecases.identity import find_changes, record_experiment
from hpsearch.usecases.interrupts import Interrupts, answered_by
from hpsearch.usecases.journal import has_finished, repair
from hpsearch.usecases.model import publish
from hpsearch.usecases.no_result import no_complete_trial
from hpsearch.usecases.report import show_in_mlflow
from hpsearch.usecases.report_imports import ReportImports
from hpsearch.usecases.source import Source
from hpsearch.usecases.suggest import tell_unfit
from hpsearch.usecases.validate import validate
from hpsearch.usecases.view import StudyHandle, StudyView
from hpsearch.usecases.warm_start import read_warm_start


@dataclass(frozen=True)
class Result:
    """The result of a search. `model` is the name and version registered, or None."""

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

    @property
    def failure(self) -> Fault | None:
        """Why the search failed: it ended, and no trial is complete; None if it did not fail."""
        if self.best is not None or self.interrupted:
            return None
        return no_complete_trial(self.experiment.name, self.experiment, self.records)

    @property
    def outcome(self) -> Outcome:
        """How it ended, in a word."""
        if self.interrupted:
            return "interrupted"
        return "done" if self.failure is None else "failed"


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
    source, kept = (source, []) if fresh else continued(source, store)
    experiment = source.experiment
    store.on_wait(display.notice)
    warm_start = read_warm_start(experiment, store, fresh=fresh)
    for notice in [*validate(source, warm_start=warm_start, local=local).notices, *kept]:
        display.notice(notice)
    if fresh:
        with store.lease():
            store.archive()
    asked = interrupts or Interrupts(display)
    with asked.heeded(), end_command(source, store, display) as ending, ExitStack() as stack:
        stack.enter_context(cleaned(experiment.privacy.clean))
        stack.enter_context(store.lease())
        stack.callback(store.remove_unstarted)  # if no search began
        asked.on_abort = store.stop_waiting
        stack.enter_context(answered_by(asked.handle))
        repair(store, experiment, display)
        tell_unfit(store, experiment, display.notice)
        _reset_if_nothing_is_lost(store, experiment)
        identity = record_experiment(store, source)
        card = study_card(experiment, identity)
        imports = ReportImports(experiment.budget.trials)
        stack.callback(imports.close)
        heard = listeners if local else [*listeners, imports]  # there, trials run in this process
        driver = Driver(
            store,
            experiment,
            identity,
            card,
            display,
            asked,
            stack,
            listeners=heard,
            transfers=warm_start.taken,
        )
        ending.began = True
        end, recorder = driver.run(local=local, verbose=verbose)
        result = _result(driver, recorder, end, register=register)
        ending.outcome = result.outcome
    return result


def _reset_if_nothing_is_lost(store: StudyStore, experiment: Experiment) -> None:
    """Reset a study without a finished trial whose experiment was changed since."""
    if store.exists() and find_changes(store, experiment) and not has_finished(store, experiment):
        store.reset()


def _result(driver: Driver, recorder: MlflowRecorder, end: End, *, register: bool) -> Result:
    """Publish the best model, unless interrupted, and wait until MLflow has everything."""
    best = best_record(end.records, driver.experiment.goals)
    own = best_record([r for r in end.records if not r.imported], driver.experiment.goals)
    model = None
    if own is not None and register and not end.interrupted:
        handle = StudyHandle(driver.store, driver.experiment, driver.identity)
        goal, value = driver.experiment.goals[0], own.values[0]
        model = publish(handle, own, recorder, driver.display, goal=goal, value=value)
    if not end.interrupted:  # after Ctrl-C nobody waits for pictures
        _show(driver, recorder, end, best)
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


def _show(driver: Driver, recorder: MlflowRecorder, end: End, best: TrialRecord | None) -> None:
    view = StudyView(
        driver.store, driver.experiment, driver.identity, end.records, best, running=False
    )
    show_in_mlflow(view, recorder, driver.display)
