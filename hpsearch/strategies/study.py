"""A study of Optuna's, as the search drives it: it proposes, decides, and writes the journal."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from optuna.trial import TrialState as OptunaState

from hpsearch.analysis import Transfer
from hpsearch.common.decision import Decision
from hpsearch.common.errors import UserError
from hpsearch.common.proposal import Proposal, Repetition
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies import faults
from hpsearch.strategies.allowed import allowed
from hpsearch.strategies.amend import end_outside
from hpsearch.strategies.attributes import ATTRIBUTE, SEARCHED, suggestion_of, to_attribute
from hpsearch.strategies.compatibility import why_other_objectives
from hpsearch.strategies.curve_writer import CurveWriter
from hpsearch.strategies.distributions import has_same_choices
from hpsearch.strategies.enqueued import queue_enqueued
from hpsearch.strategies.feasibility import (
    FeasibleStudy,
    attributes,
    excess_of,
    infeasible_state,
)
from hpsearch.strategies.finished import Records
from hpsearch.strategies.kind import PausingRule
from hpsearch.strategies.population import Population
from hpsearch.strategies.proposals import Proposals
from hpsearch.strategies.quiet import quiet
from hpsearch.strategies.records import OPTUNA_STATES, fill_rungs, to_record, with_pauses
from hpsearch.strategies.registry import pruner_of, sampler_of
from hpsearch.strategies.session import Session
from hpsearch.strategies.shown_study import Shown
from hpsearch.strategies.stop_reasons import why_stopped
from hpsearch.strategies.strategy_log import note_strategy
from hpsearch.strategies.suggestions import Suggestions
from hpsearch.strategies.trials import Reading, refuse_incomplete
from hpsearch.strategies.warm_start import keep_transfers


class OptunaStudy:
    """See `ports.Study`. The driver holds the study's lease while one of these is open."""

    def __init__(
        self,
        store: StudyStore,
        experiment: Experiment,
        repetitions: Sequence[Repetition] | None = None,
        transfers: Sequence[Transfer] = (),
        reading: Reading | None = None,
    ) -> None:
        """Open the study's journal, or begin it.

        `repetitions` are tried instead of the sampler's proposals, each of them once; `transfers`
        are what it learns from earlier studies, if its journal does not have them yet. With a
        `reading` of this lease, the journal is not read again.
        """
        reading = reading or Reading.of(store, experiment)  # refuses trials of another experiment
        refuse_incomplete(store, reading.trials, experiment)
        self._store = store
        self._experiment = experiment
        self._records = Records(experiment, reading.records)
        self._session = Session(store, experiment, reading.storage)
        self._refuse_other_objectives()
        self._refuse_confused_choices()
        keep_transfers(self._session, transfers)
        if repetitions is None:
            note_strategy(self._session, experiment)
        self._session.study.sampler = allowed(sampler_of(experiment), experiment)
        storage = self._session.storage
        queue_enqueued(storage, experiment)
        end_outside(storage)
        self._pausing = storage.pausing = fill_rungs(experiment, storage.trials())
        self._feasible: Shown = {}
        self._curves = CurveWriter(self._session, experiment.goals)
        self._proposals = self._make_proposals(repetitions)
        self._session.journal.flush()

    @property
    def allows_lookahead(self) -> bool:
        """Whether the sampler lets a proposal be made before it is due."""
        return sampler_of(self._experiment).allows_lookahead

    @property
    def population(self) -> Population | None:
        """See `ports.Study`."""
        return self._pausing if isinstance(self._pausing, Population) else None

    def ask(self) -> Proposal | None:
        """Return the next proposal, on its way to the journal; None if nothing is left to try."""
        trial = self._proposals.take()
        if trial is None:
            return None
        record = to_record(trial, self._experiment)
        if self._pausing is not None:
            self._pausing.begin(record.number, record.params, record.origin)
        return Proposal(
            record.number,
            record.seed,
            record.params,
            record.started,
            record.repeats,
            record.suggested,
            record.origin,
            record.privacy,
        )

    def prepare(self) -> None:
        """Make the proposal that `ask` returns next; until then it is only in memory."""
        self._proposals.prepare()

    def report(self, number: int, measurements: Sequence[Measurement]) -> Decision:
        """Note measurements and decide."""
        is_compared = self._curves.report(number, measurements)
        if not is_compared:
            return Decision()
        measurement, goals = measurements[-1], self._experiment.goals
        storage, judged_from = self._session.storage, self.waits_at(number)
        if len(goals) == 1:  # Optuna has no reports of several objectives
            # The storage, not `Trial.report`: that needs the `Trial` of an `ask` in this process.
            value = measurement.metrics[goals[0].metric]
            storage.set_trial_intermediate_value(storage.trial_id(number), measurement.step, value)
        if self._pausing is not None:
            return _pause_or_continue(self._pausing, number, measurements)
        if measurement.step < judged_from:
            return Decision()
        return self._prune_or_continue(number)

    def waits_at(self, number: int) -> float:
        """Return the step below which no report stops the trial; infinite if none ever does."""
        if self._pausing is not None:
            return self._pausing.next_step(number)
        reported = self._session.storage.trial(number).intermediate_values
        return pruner_of(self._experiment).next_step(self._experiment, reported)

    def write(self, number: int, search_seconds: float) -> None:
        """Write all measurements of a trial to the journal, and how long was searched."""
        self._curves.write(number)
        storage = self._session.storage
        storage.set_trial_user_attr(storage.trial_id(number), SEARCHED, round(search_seconds, 3))

    def flush(self) -> None:
        """Return when all that was written is durable; in any thread."""
        self._session.journal.flush()

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial to resume now, or None."""
        return self._pausing.promotable(paused) if self._pausing is not None else None

    def begin_again(self, number: int, attempt: int) -> None:
        """Note that another attempt at a trial begins."""
        storage = self._session.storage
        storage.set_trial_user_attr(storage.trial_id(number), ATTRIBUTE, {"attempt": attempt})

    def finish(self, record: TrialRecord, rest: Sequence[Measurement]) -> TrialRecord:
        """Write a finished trial, and return it as the journal has it after the next `flush`."""
        self._curves.add(record.number, rest)
        self._curves.write(record.number)
        study, storage = self._session.study, self._session.storage
        trial_id, values = storage.trial_id(record.number), list(record.values) or None
        storage.set_trial_user_attr(trial_id, ATTRIBUTE, to_attribute(record))
        goals = self._experiment.goals
        state = OPTUNA_STATES.get(record.state) or infeasible_state(record.values, goals)
        excess = excess_of(record.measurements, goals, raised=record.infeasible)
        for key, value in attributes(excess).items():
            storage.set_trial_system_attr(trial_id, key, value)
        # Not `Study.tell`: that gives a pruned trial its last value, not the one of its best step.
        with quiet(), suppress(RuntimeError):  # grid and brute force stop the study
            study.sampler.after_trial(study, storage.trial(record.number), state, values)
        storage.set_trial_state_values(trial_id, state, values)
        if self._pausing is not None:
            self._pausing.end(record.number, record.state)
        return self._records.of(storage.trial(record.number))

    def records(self) -> Sequence[TrialRecord]:
        """Return all trials that began; one that a dead driver left is still RUNNING."""
        begun = [
            frozen
            for frozen in self._session.storage.trials()
            if frozen.state is not OptunaState.WAITING and frozen.number != self._proposals.prepared
        ]
        return with_pauses(self._records.all(begun), self._pausing)

    def all_records(self) -> Sequence[TrialRecord]:
        """Return all trials as `read_study` does, also those that only wait."""
        trials = self._session.storage.trials()
        written = [frozen for frozen in trials if frozen.number != self._proposals.prepared]
        return with_pauses(self._records.all(written), self._pausing)

    def journal_mark(self) -> str | None:
        """Return the mark of the journal that these trials follow from; see `Journal.mark`."""
        return self._session.journal.mark()

    def close(self) -> None:
        """Close the journal."""
        self._session.journal.close()

    def _make_proposals(self, repetitions: Sequence[Repetition] | None) -> Proposals:
        trials = self._session.storage.trials()
        ids = filter(None, map(suggestion_of, trials))
        suggestions = Suggestions(self._store, self._experiment, ids)
        if repetitions is not None:
            begun = [frozen for frozen in trials if frozen.state is not OptunaState.WAITING]
            tried = {(record.repeats, record.seed) for record in self._records.all(begun)}
            repetitions = [one for one in repetitions if (one.repeats, one.seed) not in tried]
        return Proposals(
            self._session,
            self._experiment,
            suggestions,
            repetitions=repetitions,
            population=self.population,
        )

    def _prune_or_continue(self, number: int) -> Decision:
        study, experiment = self._session.study, self._experiment
        view: Any = study
        if experiment.goals[0].constraints:
            view = FeasibleStudy(study, self._feasible)
        with quiet():
            if not study.pruner.prune(view, self._session.storage.trial(number)):
                return Decision()
        trial, goal = self._session.storage.trial(number), experiment.goals[0]
        kind, options = experiment.pruner.type, experiment.pruner.options
        why = why_stopped(kind, options, goal=goal, study=view, trial=trial)
        return Decision(stop=True, reason=why)

    def _refuse_other_objectives(self) -> None:
        why = why_other_objectives(self._session.study.directions, self._experiment.goals)
        if why is not None:
            problems = [f"its study: {why}"]
            raise UserError(faults.trials_incompatible(self._store.address, problems))

    def _refuse_confused_choices(self) -> None:
        """Raise UserError if Optuna could not tell the choices in the journal apart."""
        space = self._experiment.space
        for frozen in self._session.storage.trials():
            for name, distribution in frozen.distributions.items():
                if name in space and not has_same_choices(space[name], distribution):
                    raise UserError(faults.choices_confused(self._experiment.name, name))


def _pause_or_continue(
    rule: PausingRule, number: int, measurements: Sequence[Measurement]
) -> Decision:
    rule.note(number, measurements)
    if not rule.is_paused(number):
        return Decision()
    return Decision(stop=True, reason=rule.why(number), pause=True)
