"""`hpsearch confirm`: the best configurations from fresh seeds, then the winner's final model."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal

from hpsearch.analysis import Contender, Verdict, judge, median_training
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError, cleaned
from hpsearch.common.goal import rank
from hpsearch.common.shared_change import PROCESS
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import Display
from hpsearch.trainable import IMPORTS
from hpsearch.usecases import faults
from hpsearch.usecases.contenders import Choice, choose
from hpsearch.usecases.driver import FLUSH_SECONDS, End
from hpsearch.usecases.evaluate import PREFIX, evaluate_once
from hpsearch.usecases.interrupts import Interrupts, answered_by
from hpsearch.usecases.model_source import trainable_of
from hpsearch.usecases.no_result import no_complete_trial
from hpsearch.usecases.pools import local_faults
from hpsearch.usecases.register import publish
from hpsearch.usecases.trainings import Stage, Trainings
from hpsearch.usecases.view import StudyView, trial_of

LEAST = {"top": 1, "seeds": 2}
"""How many there must be: an interval needs two seeds."""

MOST = 10_000
"""So many or fewer; more is a slip."""


@dataclass(frozen=True)
class Final:
    """The winner's model: trained on all data but the test set if `on_all`, else its median seed's.

    `evaluation` is measured once on the test set; if it is None, `problem` says why.
    """

    record: TrialRecord
    on_all: bool
    evaluation: Mapping[str, Any] | None
    problem: str


@dataclass(frozen=True)
class Confirmation:
    """The result of a confirmation; without `final` it was interrupted, or `problem` says why."""

    study: StudyView
    choice: Choice
    verdict: Verdict
    final: Final | None
    problem: str
    interrupted: bool
    tracking: str
    model: str | None
    unrecorded: int

    def __repr__(self) -> str:
        """Return the verdict in a line, as a notebook shows it."""
        return f"<Confirmation of {self.study.experiment.name!r}: {self.verdict.text}>"


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
    if local and (found := local_faults(study.experiment)):
        raise UserError(*found)
    if study.best is None:
        raise UserError(no_complete_trial(study.store.name, study.experiment, study.records))
    only = None if trial is None else _complete_trial(study, trial)
    if (only or study.best).parent is not None:
        number = (only or study.best).number
        raise UserError(faults.schedule_not_repeatable(study.store.name, number))
    study.store.on_wait(display.notice)
    store = study.store.part("confirmation")
    asked = interrupts or Interrupts(display)
    with asked.heeded(), ExitStack() as stack:
        stack.enter_context(cleaned(study.experiment.privacy.clean))
        stack.enter_context(study.store.lease())
        if fresh:
            store.archive()
        stack.callback(store.remove_unstarted)  # if nothing began
        asked.on_abort = study.store.stop_waiting
        stack.enter_context(answered_by(asked.handle))
        choice = choose(study, store, top=top, seeds=seeds, only=only)
        trainings = Trainings(study, choice, display, asked, stack, local, verbose)
        return _Confirming(trainings).run(register=register)


@dataclass(frozen=True)
class _Confirming:
    """A confirmation of one study."""

    trainings: Trainings

    @property
    def study(self) -> StudyView:
        return self.trainings.study

    @property
    def display(self) -> Display:
        return self.trainings.display

    def run(self, *, register: bool) -> Confirmation:
        """Train what is missing, compare, make the final model, and tell MLflow."""
        train_final = trainable_of(self.study).hook("train_final")
        on_all = train_final is not None
        stage = self.trainings.compare(keep_all=not on_all)
        trials = self.trainings.choice.trials
        verdict = judge([self._contender(trial, stage.end) for trial in trials])
        if stage.end.interrupted or verdict.winner is None:
            return self._result(stage, verdict)
        record, missed, problem = median_training(verdict.winner), 0, ""
        if train_final is not None:
            missed = len(stage.recorder.close(FLUSH_SECONDS))
            try:
                stage = self.trainings.train_final(stage, verdict.winner.trial, train_final)
            except HpsearchError as error:
                problem = "\n".join(f"{fault.what} {fault.why}" for fault in error.faults)
                return self._result(stage, verdict, problem=problem, missed=missed)
            record = next(iter(stage.end.records), record)
        if stage.end.interrupted or record.state is not TrialState.COMPLETE:
            return self._result(stage, verdict, problem=record.reason, missed=missed)
        final = Final(record, on_all, *self._evaluation(stage, record))
        model = self._tell(stage, verdict, final, register=register)
        return self._result(stage, verdict, final=final, model=model, missed=missed)

    def _contender(self, trial: TrialRecord, end: End) -> Contender:
        own = [
            record
            for record in end.records
            if record.repeats == trial.number and record.seed in self.trainings.choice.seeds
        ]
        return Contender(trial, self.study.experiment.goals[0], own)

    def _evaluation(
        self, stage: Stage, record: TrialRecord
    ) -> tuple[Mapping[str, Any] | None, str]:
        """Evaluate the model on the test set, once; else return why that is not possible."""
        if not stage.study.store.checkpoints.steps(record.number):
            return None, "the trainable saves no checkpoint"
        self.display.phase("evaluating the final model on the test set")
        try:
            return evaluate_once(stage.study, record), ""
        except UserError as error:
            return None, "; ".join(fault.why for fault in error.faults)

    def _tell(self, stage: Stage, verdict: Verdict, final: Final, *, register: bool) -> str | None:
        """Describe the confirmation in MLflow and register the final model; return its version."""
        tested = (final.evaluation or {}).get("metrics", {})
        metrics = {f"{PREFIX}{name}": value for name, value in tested.items() if value is not None}
        moment = max(one.finished or one.started for one in [*verdict.trainings, final.record])
        try:
            stage.recorder.describe(verdict.figures | metrics, verdict.table, moment)
        except SearchFailed as error:
            why = "; ".join(fault.why for fault in error.faults)
            self.display.notice(f"MLflow has no summary; `confirm` writes it again: {why}")
        if not register:
            return None
        goals = self.study.experiment.goals
        best = min(self.trainings.choice.trials, key=lambda trial: rank(trial, goals))
        return publish(
            stage.study, final.record, stage.recorder, self.display,
            goal=goals[0],
            value=best.values[0],
            metrics=metrics,
            is_confirmed=True,
        )  # fmt: skip

    def _result(
        self,
        stage: Stage,
        verdict: Verdict,
        *,
        final: Final | None = None,
        problem: str = "",
        model: str | None = None,
        missed: int = 0,
    ) -> Confirmation:
        """Wait until MLflow has everything, and return the result."""
        self.display.phase("waiting until MLflow has everything")
        status: Literal["KILLED", "FINISHED"] = "KILLED" if stage.end.interrupted else "FINISHED"
        missed += len(stage.recorder.close(FLUSH_SECONDS, status))
        return Confirmation(
            study=self.study,
            choice=self.trainings.choice,
            verdict=verdict,
            final=final,
            problem=problem,
            interrupted=stage.end.interrupted,
            tracking=stage.recorder.address,
            model=model,
            unrecorded=missed,
        )


def _complete_trial(study: StudyView, number: int) -> TrialRecord:
    """Return a complete trial; raises UserError if it is none."""
    record = trial_of(study, number)
    if record.state is not TrialState.COMPLETE:
        raise UserError(faults.not_complete(study.store.name, record))
    return record


def _refuse_counts(**counts: int) -> None:
    """Raise UserError if too few or too many are asked for."""
    found = [
        faults.argument_wrong(name, given, f"a whole number from {LEAST[name]} to {MOST:,}")
        for name, given in counts.items()
        if not isinstance(given, Integral) or not LEAST[name] <= given <= MOST
    ]
    if found:
        raise UserError(*found)
