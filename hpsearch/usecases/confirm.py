"""`hpsearch confirm`: the best configurations from fresh seeds, then the winner's final model.

A confirmation is a study of its own inside the search's folder, run by the same engine: its trials
are given instead of proposed. So it is journaled, retried and resumed as a search is. The final
training is one more such study, inside that one.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from hpsearch.analysis.confirmation import (
    Contender,
    Verdict,
    fresh_seeds,
    judge,
    median_training,
    repetitions,
)
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError, cleaned
from hpsearch.common.goal import rank
from hpsearch.common.loan import PROCESS
from hpsearch.common.proposal import Repetition
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine.ports import Display
from hpsearch.experiment import Budget, Experiment, Objective, Pruner, Sampler
from hpsearch.store import StudyStore
from hpsearch.tracking import MlflowRecorder, StudyCard
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.contenders import Choice, choose
from hpsearch.usecases.driver import FLUSH_SECONDS, Driver, End, read_records, repair, study_card
from hpsearch.usecases.evaluate import PREFIX, evaluate_once
from hpsearch.usecases.identity import record_experiment
from hpsearch.usecases.interrupts import Interrupts, answered_by
from hpsearch.usecases.model_source import trainable_of
from hpsearch.usecases.no_result import no_complete_trial
from hpsearch.usecases.register import publish
from hpsearch.usecases.view import StudyHandle, StudyView

PROGRESS = Objective(metric="progress", direction="maximize")
"""What `train_final` reports, from 0 to 1: no data are left to judge it by."""


@dataclass(frozen=True)
class Final:
    """The winner's model: trained `on_all` but the test set, else that of its median seed.

    `evaluation` is what its one look at the test set gave; where it is None, `problem` says why.
    """

    record: TrialRecord
    on_all: bool
    evaluation: Mapping[str, Any] | None
    problem: str


@dataclass(frozen=True)
class Confirmation:
    """What a confirmation came to; no `final` where it was interrupted, or `problem` says why."""

    study: StudyView
    choice: Choice
    verdict: Verdict
    final: Final | None
    problem: str
    interrupted: bool
    tracking: str
    model: str | None
    unrecorded: int


@IMPORTS.taken()
@PROCESS.taken()
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
) -> Confirmation:
    """Compare the best configurations, or go on; raises UserError before anything starts."""
    if study.best is None:
        raise UserError(no_complete_trial(study.store.name, study.experiment, study.records))
    store = study.store.part("confirmation")
    with ExitStack() as stack:
        stack.enter_context(cleaned(study.experiment.privacy.clean))
        stack.enter_context(study.store.lease())
        if fresh:
            store.set_aside()
        stack.callback(store.forget)  # if nothing began
        asked = interrupts or Interrupts(display)
        stack.enter_context(answered_by(asked.handle))
        choice = choose(study, store, top=top, seeds=seeds)
        confirming = _Confirming(study, choice, display, asked, stack, local, verbose)
        return confirming.run(register=register)


@dataclass(frozen=True)
class _Stage:
    """A training that came to its end, or was interrupted, with its recorder still open."""

    study: StudyHandle
    card: StudyCard
    end: End
    recorder: MlflowRecorder


@dataclass(frozen=True)
class _Confirming:
    """A confirmation of one study; `stack` closes what was opened."""

    study: StudyView
    choice: Choice
    display: Display
    interrupts: Interrupts
    stack: ExitStack
    local: bool
    verbose: bool

    def run(self, *, register: bool) -> Confirmation:
        """Train what is missing, judge, make the final model, and tell MLflow."""
        train_final = trainable_of(self.study).hook("train_final")
        on_all = train_final is not None
        stage = self._compare(keep_all=not on_all)
        verdict = judge([self._contender(trial, stage.end) for trial in self.choice.trials])
        if stage.end.interrupted or verdict.winner is None:
            return self._result(stage, verdict)
        record, missed, problem = median_training(verdict.winner), 0, ""
        if train_final is not None:
            missed = len(stage.recorder.close(FLUSH_SECONDS))
            try:
                stage = self._train_final(stage, verdict.winner.trial, train_final)
            except HpsearchError as error:
                problem = "\n".join(f"{fault.what} {fault.why}" for fault in error.faults)
                return self._result(stage, verdict, problem=problem, missed=missed)
            record = next(iter(stage.end.records), record)
        if stage.end.interrupted or record.state is not TrialState.COMPLETE:
            return self._result(stage, verdict, problem=record.reason, missed=missed)
        final = Final(record, on_all, *self._evaluation(stage, record))
        model = self._tell(stage, verdict, final, register=register)
        return self._result(stage, verdict, final=final, model=model, missed=missed)

    def _compare(self, *, keep_all: bool) -> _Stage:
        """Train the chosen trials from the chosen seeds."""
        wanted = repetitions(self.choice.trials, self.choice.seeds)
        store = self.study.store.part("confirmation")
        experiment = _repeating(self.study.experiment, keep=len(wanted) if keep_all else 1)
        experiment = self._with_budget(store, experiment, wanted)
        identity = record_experiment(store, self.study.identity.source_of(experiment))
        card = replace(
            study_card(experiment, identity),
            name=f"{self.study.experiment.name} confirmation",
            parent=self.study.identity.id,
            kind="confirmation",
        )
        return self._train(StudyHandle(store, experiment, identity), card, wanted)

    def _train_final(
        self, stage: _Stage, winner: TrialRecord, train_final: Callable[..., object]
    ) -> _Stage:
        """Train the winner on all data but the test set, unless that was done before."""
        store = stage.study.store.part("final")
        experiment = stage.study.experiment.model_copy(update={"objective": [PROGRESS]})
        if experiment.function is not None:
            experiment = experiment.calling(train_final)
        else:
            place = experiment.trainable.rpartition(":")[0]
            experiment = experiment.model_copy(update={"trainable": f"{place}:train_final"})
        repair(store, experiment, self.display)
        earlier = [one for one in read_records(store, experiment) if one.repeats == winner.number]
        failed = sum(one.state is TrialState.FAILED for one in earlier)
        wanted = [Repetition(winner.number, self._final_seed(failed), winner.params)]
        experiment = self._with_budget(store, experiment, wanted)
        card = replace(stage.card, kind="final", goals=())
        study = replace(stage.study, store=store, experiment=experiment)
        self.display.phase(f"training trial {winner.number} on all but the test set")
        found = self._train(study, card, wanted)
        own = [one for one in found.end.records if one.repeats == winner.number]
        return replace(found, end=replace(found.end, records=own[::-1]))  # the latest first

    def _final_seed(self, failed: int) -> int:
        """Return the first seed, which no result has chosen; after a failure the next one."""
        seeds = self.choice.seeds
        used = {record.seed for record in self.study.records} | {*seeds}
        more = islice(fresh_seeds(self.study.experiment.seed, used), failed)
        return [*seeds, *more][failed]

    def _with_budget(
        self, store: StudyStore, experiment: Experiment, wanted: Sequence[Repetition]
    ) -> Experiment:
        """Return the experiment with as many trials as are there or wanted, whatever they cost."""
        repair(store, experiment, self.display)
        there = read_records(store, experiment)
        tried = {(record.repeats, record.seed) for record in there}
        trials = len(there) + sum((one.repeats, one.seed) not in tried for one in wanted)
        budget = Budget(trials=trials, failed_trials=trials + 1)
        return experiment.model_copy(update={"budget": budget})

    def _train(self, study: StudyHandle, card: StudyCard, wanted: Sequence[Repetition]) -> _Stage:
        """Train what is wanted and not there yet."""
        driver = Driver(
            study.store, study.experiment, study.identity, card,
            self.display, self.interrupts, self.stack, wanted,
        )  # fmt: skip
        end, recorder = driver.run(local=self.local, verbose=self.verbose)
        return _Stage(study, card, end, recorder)

    def _contender(self, trial: TrialRecord, end: End) -> Contender:
        own = [
            record
            for record in end.records
            if record.repeats == trial.number and record.seed in self.choice.seeds
        ]
        return Contender(trial, self.study.experiment.goals[0], own)

    def _evaluation(
        self, stage: _Stage, record: TrialRecord
    ) -> tuple[Mapping[str, Any] | None, str]:
        """Return what the model is worth on the test set, looked at once; else why not."""
        if not stage.study.store.checkpoints.steps(record.number):
            return None, "the trainable hands over no checkpoint"
        self.display.phase("evaluating the final model on the test set")
        try:
            return evaluate_once(stage.study, record), ""
        except UserError as error:
            return None, "; ".join(fault.why for fault in error.faults)

    def _tell(self, stage: _Stage, verdict: Verdict, final: Final, *, register: bool) -> str | None:
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
        best = min(self.choice.trials, key=lambda trial: rank(trial, goals))
        return publish(
            stage.study, final.record, stage.recorder, self.display,
            goal=goals[0],
            value=best.values[0],
            metrics=metrics,
            is_confirmed=True,
        )  # fmt: skip

    def _result(
        self,
        stage: _Stage,
        verdict: Verdict,
        *,
        final: Final | None = None,
        problem: str = "",
        model: str | None = None,
        missed: int = 0,
    ) -> Confirmation:
        """Let MLflow catch up and return what came of it all."""
        self.display.phase("waiting for MLflow to have everything")
        status: Literal["KILLED", "FINISHED"] = "KILLED" if stage.end.interrupted else "FINISHED"
        missed += len(stage.recorder.close(FLUSH_SECONDS, status))
        return Confirmation(
            study=self.study,
            choice=self.choice,
            verdict=verdict,
            final=final,
            problem=problem,
            interrupted=stage.end.interrupted,
            tracking=stage.recorder.address,
            model=model,
            unrecorded=missed,
        )


def _repeating(experiment: Experiment, *, keep: int) -> Experiment:
    """Return the experiment without what proposes and stops: each trial is given and runs on."""
    changes = {
        "sampler": Sampler(type="random"),
        "pruner": Pruner(type="none"),
        "suggestions": [],
        "checkpoints": experiment.checkpoints.model_copy(update={"keep": keep}),
    }
    return experiment.model_copy(update=changes)
