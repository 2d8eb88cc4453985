"""Optuna as the study: it proposes and decides, and its journal is the truth about every trial."""

import contextlib
import copy
from collections import deque
from collections.abc import Collection, Container, Iterator, Sequence
from datetime import datetime

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.analysis.confirmation import configuration
from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
from hpsearch.common.redaction import problem
from hpsearch.common.trial import (
    Decision,
    Measurement,
    Proposal,
    Repetition,
    TrialRecord,
    Value,
    has_value,
    trial_seed,
)
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.space import in_order
from hpsearch.store import StudyStore
from hpsearch.strategies import faults
from hpsearch.strategies.choices import make_pruner, make_sampler, reseed
from hpsearch.strategies.distributions import exact, fixed, is_the_same, params_of, suggest
from hpsearch.strategies.exhaustive import count_configurations
from hpsearch.strategies.foreign import (
    FIXED,
    enqueued_params,
    why_not_runnable,
    why_other_goals,
)
from hpsearch.strategies.halving import Halving
from hpsearch.strategies.journal import Journal, replayed
from hpsearch.strategies.quiet import quiet
from hpsearch.strategies.ranking import Standings
from hpsearch.strategies.records import (
    ATTRIBUTE,
    CURVE,
    OPTUNA_STATES,
    REPETITION,
    curve_of,
    fill_rungs,
    read_trials,
    refuse_incomplete,
    to_attribute,
    to_record,
    to_records,
    to_rows,
)
from hpsearch.strategies.repair import is_whole, repair


class _Storage(JournalStorage):
    """The journal's trials; to the samplers what is paused is pruned, until it is promoted.

    Left as running, it would tell them nothing but to keep away. A failed trial that lost
    hyperparameters is not there for them: brute force takes it for a space of its own, and breaks.
    """

    halving: Halving | None = None
    enqueued: Sequence[int] = ()
    """The ids of trials that others enqueued before this storage was opened."""

    def __init__(self, journal: Journal, experiment: Experiment) -> None:
        super().__init__(journal)
        self._experiment = experiment

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[FrozenTrial]:
        if states == (OptunaState.WAITING,):  # `Study.ask` would look through all trials each time
            found = map(self.get_trial, self.enqueued)
            return [frozen for frozen in found if frozen.state is OptunaState.WAITING]
        if self.halving is None:
            trials = super().get_all_trials(study_id, deepcopy, states)
            return [frozen for frozen in trials if not self._is_lost(frozen)]
        seen = [_as_sampled(self.halving, frozen) for frozen in self.trials(study_id)]
        return [
            frozen
            for frozen in seen
            if (states is None or frozen.state in states) and not self._is_lost(frozen)
        ]

    def _is_lost(self, frozen: FrozenTrial) -> bool:
        if frozen.state is not OptunaState.FAIL:
            return False
        return not is_whole(self._experiment, params_of(frozen, self._experiment.space))

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        value = exact(distribution, param_value_internal)
        super().set_trial_param(trial_id, param_name, value, distribution)

    def trials(self, study_id: int) -> list[FrozenTrial]:
        """Return the trials as they are, not to be changed."""
        return super().get_all_trials(study_id, deepcopy=False)


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
        self._experiment = experiment
        self._journal = Journal(store, writable=True)
        self._storage = _Storage(self._journal, experiment)
        with quiet():
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=experiment.name,
                directions=[goal.direction for goal in experiment.goals],
                pruner=make_pruner(experiment),
                load_if_exists=True,
            )
        other = why_other_goals(self._study.directions, experiment.goals)
        if other is not None:
            raise UserError(faults.foreign_trials(store.address, [f"its study: {other}"]))
        self._study_id = self._storage.get_study_id_from_name(experiment.name)
        self._refuse_confused_choices()
        self._asked = len(self._trials())
        self._study.sampler = make_sampler(experiment)
        self._take_up_enqueued()
        self._most = count_configurations(experiment)
        self._tried: set[str] = set()
        self._halving = self._storage.halving = fill_rungs(experiment, self._trials())
        self._standings = Standings(experiment.goals[0], self._trials())
        self._unwritten: dict[int, list[Measurement]] = {}
        self._measured: dict[int, int] = {}
        self._scored: dict[int, int] = {}
        self._prepared: optuna.Trial | None = None
        self._repetitions = None if repetitions is None else self._untried(repetitions)
        with quiet(), _blamed(f"sampler `{experiment.sampler.type}`"):
            self._complete_proposals()
        self._tried.update(self._whole_configurations())
        self._journal.flush()

    def ask(self) -> Proposal | None:
        """Return the next proposal, on disk by then, or None where the sampler has none left."""
        self.prepare()
        trial, self._prepared = self._prepared, None
        if trial is None:
            return None
        begun = self._trials()[trial.number].datetime_start = datetime.now()
        self._journal.release(begun)
        self._journal.flush()
        record = to_record(self._frozen(trial.number), self._experiment)
        return Proposal(
            record.number,
            record.seed,
            record.params,
            record.started,
            record.repeats,
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
        if self._most is not None and len(self._tried) >= self._most:
            return None
        if self._repetitions is None:
            self._reseed(self._asked)
            trial = self._study.ask()
        elif self._repetitions:
            trial = self._repeat(self._repetitions.popleft())
        else:
            return None
        self._asked += 1
        self._tried.add(configuration(self._propose(trial)))
        return trial

    def _reseed(self, number: int) -> None:
        """Have a proposal depend on its number and the trials alone, not on resumes."""
        reseed(self._study.sampler, trial_seed(self._experiment.seed, f"proposal:{number}"))

    def _untried(self, repetitions: Sequence[Repetition]) -> deque[Repetition]:
        tried = {(record.repeats, record.seed) for record in self.records()}
        return deque(one for one in repetitions if (one.repeats, one.seed) not in tried)

    def _repeat(self, repetition: Repetition) -> optuna.Trial:
        """Create a trial whose hyperparameters and seed are given: one record of the journal."""
        template = optuna.trial.create_trial(
            state=OptunaState.RUNNING,
            user_attrs={REPETITION: {"trial": repetition.repeats, "seed": repetition.seed}},
            # what `Study.enqueue_trial` writes; that would leave the trial WAITING after a kill
            system_attrs={FIXED: fixed(repetition.params, self._experiment.space)},
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
        if self._halving is not None:
            return _halved(self._halving, number, measurements)
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
        if self._halving is None or not paused:
            return None
        return self._halving.promotable(paused)

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
        return to_records(begun, self._experiment, self._halving)

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


def _halved(halving: Halving, number: int, measurements: Sequence[Measurement]) -> Decision:
    halving.note(number, measurements)
    if not halving.is_paused(number):
        return Decision()
    return Decision(stop=True, reason=halving.why(number), pause=True)


def _as_sampled(halving: Halving, frozen: FrozenTrial) -> FrozenTrial:
    if frozen.state.is_finished() or not halving.is_paused(frozen.number):
        return frozen
    seen = copy.copy(frozen)
    seen.state = OptunaState.PRUNED
    return seen
