"""The trainings of a confirmation: chosen trials from fresh seeds, then the final model.

Each of both is a study of its own, run by the same engine as the search: its trials are given, not
proposed. So it is journaled, retried and resumed as a search is.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice

from hpsearch.analysis import fresh_seeds, repetitions
from hpsearch.common.proposal import Repetition
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import Display
from hpsearch.experiment import Budget, Experiment, Objective, Pruner, Sampler
from hpsearch.store import StudyStore
from hpsearch.tracking import MlflowRecorder, StudyCard
from hpsearch.usecases.confirmation.contenders import Choice
from hpsearch.usecases.driver import Driver, End, study_card
from hpsearch.usecases.identity import record_experiment
from hpsearch.usecases.interrupts import Interrupts
from hpsearch.usecases.journal import read_records, repair
from hpsearch.usecases.view import StudyHandle, StudyView

PROGRESS = Objective(metric="progress", direction="maximize")
"""What `train_final` reports, from 0 to 1: no data are left to measure it on."""


@dataclass(frozen=True)
class Stage:
    """A training that ended or was interrupted; its recorder is still open."""

    study: StudyHandle
    card: StudyCard
    end: End
    recorder: MlflowRecorder


@dataclass(frozen=True)
class Trainings:
    """What a confirmation of one study trains; `stack` closes what was opened."""

    study: StudyView
    choice: Choice
    display: Display
    interrupts: Interrupts
    stack: ExitStack
    local: bool
    verbose: bool

    def compare(self, *, keep_all: bool) -> Stage:
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

    def train_final(
        self, stage: Stage, winner: TrialRecord, train_final: Callable[..., object]
    ) -> Stage:
        """Train the winner on all data but the test set, unless it was done before."""
        store = stage.study.store.part("final")
        experiment = stage.study.experiment.model_copy(update={"objective": [PROGRESS]})
        if experiment.function is not None:
            experiment = experiment.calling(train_final)
        else:
            place = experiment.reference.rpartition(":")[0]
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
        """Return the experiment with a budget of all trials that exist or are wanted."""
        repair(store, experiment, self.display)
        there = read_records(store, experiment)
        tried = {(record.repeats, record.seed) for record in there}
        trials = len(there) + sum((one.repeats, one.seed) not in tried for one in wanted)
        budget = Budget(trials=trials, failed_trials=trials + 1)
        return experiment.model_copy(update={"budget": budget})

    def _train(self, study: StudyHandle, card: StudyCard, wanted: Sequence[Repetition]) -> Stage:
        """Train those of the wanted trials that were not trained yet."""
        driver = Driver(
            study.store, study.experiment, study.identity, card,
            self.display, self.interrupts, self.stack, wanted,
        )  # fmt: skip
        end, recorder = driver.run(local=self.local, verbose=self.verbose)
        return Stage(study, card, end, recorder)


def _repeating(experiment: Experiment, *, keep: int) -> Experiment:
    """Return the experiment without sampler and pruner: each trial is given and never stopped."""
    changes = {
        "sampler": Sampler(type="random"),
        "pruner": Pruner(type="none"),
        "suggestions": [],
        "checkpoints": experiment.checkpoints.model_copy(update={"keep": keep}),
    }
    return experiment.model_copy(update=changes)
