"""How a confirmation goes: trainings, comparison, final model, registration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from hpsearch.analysis import Contender, Verdict, judge, median_training
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.goal import rank
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import Display
from hpsearch.usecases.confirmation.result import Confirmation, Final
from hpsearch.usecases.confirmation.trainings import Stage, Trainings
from hpsearch.usecases.driver import FLUSH_SECONDS, End
from hpsearch.usecases.model import PREFIX, evaluate_once, publish, trainable_of
from hpsearch.usecases.view import StudyView


@dataclass(frozen=True)
class Procedure:
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
        stage = self.trainings.compare(keep_all=train_final is None)
        trials = self.trainings.choice.trials
        verdict = judge([self._contender(trial, stage.end) for trial in trials])
        if stage.end.interrupted or verdict.winner is None:
            return self._result(stage, verdict)
        record = median_training(verdict.winner)
        if train_final is None:
            return self._finish(stage, verdict, Final(record, on_all=False), register=register)
        missed = len(stage.recorder.close(FLUSH_SECONDS))
        try:
            stage = self.trainings.train_final(stage, verdict.winner.trial, train_final)
        except HpsearchError as error:
            problem = "\n".join(fault.account for fault in error.faults)
            return self._result(stage, verdict, problem=problem, missed=missed)
        final = Final(next(iter(stage.end.records), record), on_all=True)
        return self._finish(stage, verdict, final, register=register, missed=missed)

    def _finish(
        self, stage: Stage, verdict: Verdict, final: Final, *, register: bool, missed: int = 0
    ) -> Confirmation:
        """Evaluate and register the final model, if its training is complete."""
        record = final.record
        if stage.end.interrupted or record.state is not TrialState.COMPLETE:
            return self._result(stage, verdict, problem=record.reason, missed=missed)
        evaluation, problem = self._evaluation(stage, record)
        final = replace(final, evaluation=evaluation, problem=problem)
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
