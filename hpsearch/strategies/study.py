"""Optuna as the study: it proposes and decides, and its journal is the truth about every trial."""

import contextlib
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.analysis.confirmation import configuration
from hpsearch.common.decision import Decision
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.goal import has_value
from hpsearch.common.proposal import Proposal, Repetition, trial_seed
from hpsearch.common.redaction import problem
from hpsearch.common.trial import Measurement, TrialRecord, Value
from hpsearch.experiment import Experiment, in_order
from hpsearch.store import StudyStore
from hpsearch.strategies import faults
from hpsearch.strategies.distributions import fixed, is_the_same, params_of, suggest
from hpsearch.strategies.foreign import (
    FIXED,
    enqueued_params,
    why_not_runnable,
    why_other_goals,
)
from hpsearch.strategies.journal import Journal, replayed
from hpsearch.strategies.kind import PausingRule
from hpsearch.strategies.quiet import quiet
from hpsearch.strategies.ranking import Standings
from hpsearch.strategies.records import (
    ATTRIBUTE,
    CURVE,
    OPTUNA_STATES,
    REPETITION,
    SUGGESTION,
    curve_of,
    fill_rungs,
    read_trials,
    refuse_incomplete,
    suggestion_of,
    to_attribute,
    to_record,
    to_records,
    to_rows,
)
from hpsearch.strategies.registry import pruner_of, sampler_of
from hpsearch.strategies.repair import is_whole, repair
from hpsearch.strategies.seeds import reseed
from hpsearch.strategies.storage import TrialStorage
from hpsearch.strategies.suggestions import Suggestions


class OptunaStudy:
    """See `ports.Study`. The driver holds the study's lease while one of these is open."""

    def __init__(
        self,
        store: StudyStore,
        experiment: Experiment,
        repetitions: Sequence[Repetition] | None = None,
    ) -> None:
        """Open the study's journal, or begin it.

        `repetitions` are proposed in place of what the sampler would, each of them once.
        """
        if store.exists():
            trials = read_trials(store, experiment)  # refuses those of another experiment
            refuse_incomplete(store, trials, experiment)
        self._store = store
        self._experiment = experiment
        self._open()
        other = why_other_goals(self._study.directions, experiment.goals)
        if other is not None:
            raise UserError(faults.foreign_trials(store.address, [f"its study: {other}"]))
        self._study_id = self._storage.get_study_id_from_name(experiment.name)
        self._refuse_confused_choices()
        self._asked = len(self._trials())
        sampler = sampler_of(experiment)
        self._study.sampler = sampler.build(experiment)
        self._take_up_enqueued()
        self._most = sampler.configurations(experiment)
        self._tried: set[str] = set()
        self._pausing = self._storage.pausing = fill_rungs(experiment, self._trials())
        self._standings = Standings(experiment.goals[0], self._trials())
        self._unwritten: dict[int, list[Measurement]] = {}
        self._measured: dict[int, int] = {}
        self._scored: dict[int, int] = {}
        self._prepared: optuna.Trial | None = None
        self._repetitions = None if repetitions is None else self._untried(repetitions)
        ids = filter(None, map(suggestion_of, self._trials()))
        self._suggestions = Suggestions(store, experiment, ids)
        with quiet(), _blamed(f"sampler `{experiment.sampler.type}`"):
            self._complete_proposals()
        self._tried.update(self._whole_configurations())
        self._journal.flush()

    @property
    def allows_lookahead(self) -> bool:
        """Whether the sampler lets a proposal be made before it is due."""
        return sampler_of(self._experiment).allows_lookahead

    def _open(self) -> None:
        self._journal = Journal(self._store, writable=True)
        self._storage = TrialStorage(self._journal, self._experiment)
        with quiet():
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=self._experiment.name,
                directions=[goal.direction for goal in self._experiment.goals],
                pruner=pruner_of(self._experiment).build(self._experiment),
                load_if_exists=True,
            )

    def ask(self) -> Proposal | None:
        """Return the next proposal, on disk by then, or None where the sampler has none left."""
        if self._is_overtaken():
            self._drop_prepared()
        self.prepare()
        trial, self._prepared = self._prepared, None
        if trial is None:
            return None
        begun = self._trials()[trial.number].datetime_start = datetime.now()
        self._journal.release(begun)
        self._journal.flush()
        suggestion = suggestion_of(self._frozen(trial.number))
        if suggestion is not None:
            self._suggestions.discard(suggestion)
        record = to_record(self._frozen(trial.number), self._experiment)
        return Proposal(
            record.number,
            record.seed,
            record.params,
            record.started,
            record.repeats,
            record.suggested,
            record.privacy,
        )

    def prepare(self) -> None:
        """Make the proposal that `ask` gives next; until then it is in no file."""
        if self._prepared is None:
            with (
                self._journal.held(),
                quiet(),
                _blamed(f"sampler `{self._experiment.sampler.type}`"),
            ):
                self._prepared = self._made()

    def _made(self) -> optuna.Trial | None:
        waiting = self._storage.get_all_trials(self._study_id, states=(OptunaState.WAITING,))
        if waiting:
            self._reseed(waiting[0].number)
            trial = self._study.ask()
            self._tried.add(configuration(self._propose(trial)))
            return trial
        suggestion = self._suggestions.first() if self._repetitions is None else None
        if suggestion is None and self._most is not None and len(self._tried) >= self._most:
            return None
        if suggestion is not None:
            self._reseed(self._asked)
            trial = self._create(suggestion.params, {SUGGESTION: {"id": suggestion.id}})
            self._suggestions.take()
        elif self._repetitions is None:
            self._reseed(self._asked)
            trial = self._study.ask()
        elif self._repetitions:
            trial = self._repeat(self._repetitions.popleft())
        else:
            return None
        self._asked += 1
        self._tried.add(configuration(self._propose(trial)))
        return trial

    def _is_overtaken(self) -> bool:
        """Return whether a suggestion arrived since the sampler made its proposal ahead."""
        if self._prepared is None or self._repetitions is not None:
            return False
        is_given = FIXED in self._frozen(self._prepared.number).system_attrs
        return not is_given and self._suggestions.first() is not None

    def _drop_prepared(self) -> None:
        """Read the journal anew: what was made ahead is not in it, and its number is free."""
        before, sampler = self._storage, self._study.sampler
        self._prepared = None
        self._journal.close()
        self._open()
        self._storage.pausing, self._storage.enqueued = before.pausing, before.enqueued
        self._study.sampler = sampler
        self._asked = len(self._trials())
        self._tried = {*self._whole_configurations()}

    def _reseed(self, number: int) -> None:
        """Have a proposal depend on its number and the trials alone, not on resumes."""
        reseed(self._study.sampler, trial_seed(self._experiment.seed, f"proposal:{number}"))

    def _untried(self, repetitions: Sequence[Repetition]) -> deque[Repetition]:
        tried = {(record.repeats, record.seed) for record in self.records()}
        return deque(one for one in repetitions if (one.repeats, one.seed) not in tried)

    def _repeat(self, repetition: Repetition) -> optuna.Trial:
        origin = {"trial": repetition.repeats, "seed": repetition.seed}
        return self._create(repetition.params, {REPETITION: origin})

    def _create(self, params: Mapping[str, Value], attributes: dict[str, Any]) -> optuna.Trial:
        """Create a trial with hyperparameters that are given: one record of the journal."""
        template = optuna.trial.create_trial(
            state=OptunaState.RUNNING,
            user_attrs=attributes,
            # what `Study.enqueue_trial` writes; that would leave the trial WAITING after a kill
            system_attrs={FIXED: fixed(params, self._experiment.space)},
        )
        made = self._storage.create_new_trial(self._study_id, template_trial=template)
        return optuna.Trial(self._study, made)

    def _propose(self, trial: optuna.Trial) -> dict[str, Value]:
        """Return the trial's hyperparameters, suggested now; what it has already stays."""
        params: dict[str, Value] = dict(self._experiment.params)
        for name in in_order(self._experiment.space):
            parameter = self._experiment.space[name]
            if parameter.exists(params):
                params[name] = suggest(trial, name, parameter)
        return params

    def _whole_configurations(self) -> list[str]:
        """Return what was tried; a trial whose hyperparameters were lost does not count."""
        space = self._experiment.space
        proposed = [params_of(frozen, space) for frozen in self._trials()]
        return [
            configuration({**self._experiment.params, **params})
            for params in proposed
            if is_whole(self._experiment, params)
        ]

    def _refuse_confused_choices(self) -> None:
        """Raise UserError on a journal whose choices Optuna could not tell apart."""
        space = self._experiment.space
        for frozen in self._trials():
            for name, distribution in frozen.distributions.items():
                if name in space and not is_the_same(space[name], distribution):
                    raise UserError(faults.choices_confused(self._experiment.name, name))

    def _take_up_enqueued(self) -> None:
        """Have `ask` begin with the trials that others enqueued; those that cannot run fail."""
        waiting = [one for one in self._trials() if one.state is OptunaState.WAITING]
        self._storage.enqueued = [self._id(frozen.number) for frozen in waiting]
        for frozen in waiting:
            why, trial_id = why_not_runnable(frozen, self._experiment), self._id(frozen.number)
            if why is None:
                self._encode(frozen)
            else:
                self._storage.set_trial_user_attr(trial_id, ATTRIBUTE, {"reason": why})
                self._storage.set_trial_state_values(trial_id, OptunaState.FAIL)

    def _encode(self, frozen: FrozenTrial) -> None:
        """Have the choices of an enqueued trial as Optuna is to tell them apart."""
        given = enqueued_params(frozen, self._experiment)
        encoded = fixed(given, self._experiment.space)
        if repr(encoded) != repr(frozen.system_attrs.get(FIXED, {})):
            self._storage.set_trial_system_attr(self._id(frozen.number), FIXED, encoded)

    def _complete_proposals(self) -> None:
        """Propose the rest where a driver died amid a proposal."""
        for frozen in self._trials():
            params = params_of(frozen, self._experiment.space)
            if frozen.state is OptunaState.RUNNING and not is_whole(self._experiment, params):
                self._reseed(frozen.number)
                self._study.sampler.before_trial(self._study, frozen)
                self._propose(optuna.Trial(self._study, self._id(frozen.number)))

    def report(self, number: int, measurements: Sequence[Measurement]) -> Decision:
        """Note measurements, and decide; with several objectives nothing is ever stopped."""
        goal, measurement = self._experiment.goals[0], measurements[-1]
        is_due = self._is_due(number, self._measured, measurements)
        scored = [m for m in measurements[-1:] if has_value(m, goal)]
        is_compared = self._is_due(number, self._scored, scored)
        self._unwritten.setdefault(number, []).extend(measurements)
        if is_due or is_compared:
            self._write_curve(number)
        if not is_compared or len(self._experiment.goals) > 1:
            return Decision()
        value = measurement.metrics[goal.metric]
        # The storage, not `Trial.report`, which needs the `Trial` of an `ask` of this very process.
        self._storage.set_trial_intermediate_value(self._id(number), measurement.step, value)
        self._standings.note(measurement.step, value)
        if self._pausing is not None:
            return _paused(self._pausing, number, measurements)
        with quiet():
            if not self._study.pruner.prune(self._study, self._frozen(number)):
                return Decision()
        kind = self._experiment.pruner.type.replace("_", " ")
        standing = self._standings.describe(measurement.step, value)
        return Decision(stop=True, reason=f"{kind}: {standing}")

    def flush(self, number: int) -> None:
        """Return when all that was reported of a trial is on the disk."""
        self._write_curve(number)
        self._journal.flush()

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial that is to go on now, or None."""
        if self._pausing is None or not paused:
            return None
        return self._pausing.promotable(paused)

    def begin_again(self, number: int, attempt: int) -> None:
        """Note that a trial is begun once more."""
        self._storage.set_trial_user_attr(self._id(number), ATTRIBUTE, {"attempt": attempt})

    def finish(self, record: TrialRecord, rest: Sequence[Measurement]) -> TrialRecord:
        """Write a finished trial and return it as the journal has it; on disk when this returns."""
        self._unwritten.setdefault(record.number, []).extend(rest)
        self._write_curve(record.number)
        trial_id, values = self._id(record.number), list(record.values) or None
        self._storage.set_trial_user_attr(trial_id, ATTRIBUTE, to_attribute(record))
        state = OPTUNA_STATES[record.state]
        # Not `Study.tell`: it gives a pruned trial its last value; here it has that of its best
        # step.
        with quiet(), contextlib.suppress(RuntimeError):  # grid and brute force stop the study
            self._study.sampler.after_trial(self._study, self._frozen(record.number), state, values)
        self._storage.set_trial_state_values(trial_id, state, values)
        self._journal.flush()
        return to_record(self._frozen(record.number), self._experiment)

    def records(self) -> Sequence[TrialRecord]:
        """Return all trials that were begun; one that a dead driver left is still RUNNING."""
        trials = self._trials()
        if self._prepared is not None:
            number = self._prepared.number  # nobody has asked for it
            trials = [frozen for frozen in trials if frozen.number != number]
        begun = [frozen for frozen in trials if frozen.state is not OptunaState.WAITING]
        return to_records(begun, self._experiment, self._pausing)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _is_due(
        self, number: int, counts: dict[int, int], measurements: Sequence[Measurement]
    ) -> bool:
        """Count a trial's measurements; return whether to write them, or to compare them, now.

        Always until there are a thousand of them; then 500 times in each doubling of their number,
        at the same ones in every trial: what Optuna does at a report takes time in proportion to
        those before it. 100,000 reports: 4,300 comparisons.
        """
        if number not in counts:
            self._begin_counts(number)
        before = counts[number]
        counts[number] = count = before + len(measurements)
        every = 1 << (count // 1000).bit_length()
        return before // every < count // every

    def _begin_counts(self, number: int) -> None:
        """Count what earlier attempts measured, and what of it has the objective."""
        curve, goal = curve_of(self._frozen(number)), self._experiment.goals[0]
        self._measured[number] = len(curve)
        self._scored[number] = sum(has_value(measurement, goal) for measurement in curve)

    def _write_curve(self, number: int) -> None:
        measurements = self._unwritten.pop(number, [])
        if measurements:
            known, key = self._frozen(number).user_attrs, f"{CURVE}{measurements[-1].step}"
            if key in known:  # what is logged may come back to a step
                key += f".{len(known)}"
            self._storage.set_trial_user_attr(self._id(number), key, to_rows(measurements))

    def _trials(self) -> list[FrozenTrial]:
        return self._storage.trials(self._study_id)

    def _id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)

    def _frozen(self, number: int) -> FrozenTrial:
        return self._storage.get_trial(self._id(number))


def repair_study(store: StudyStore, experiment: Experiment) -> str | None:
    """Repair a damaged journal and return what a person should know of it; None where all is well.

    The driver holds the study's lease.
    """
    with replayed(store):
        return repair(store, experiment, ATTRIBUTE)


@contextlib.contextmanager
def _blamed(what: str) -> Iterator[None]:
    """Have an exception of Optuna's named as one; the part's name stands in the experiment."""
    try:
        yield
    except HpsearchError:
        raise
    except Exception as error:
        raise SearchFailed(faults.optuna_failed(what, problem(error))) from error


def _paused(rule: PausingRule, number: int, measurements: Sequence[Measurement]) -> Decision:
    rule.note(number, measurements)
    if not rule.is_paused(number):
        return Decision()
    return Decision(stop=True, reason=rule.why(number), pause=True)
