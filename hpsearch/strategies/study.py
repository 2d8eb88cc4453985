"""Optuna as the study: it proposes and decides, and its journal is the truth about every trial."""

import contextlib
import copy
import warnings
from collections import deque
from collections.abc import Collection, Container, Sequence
from datetime import datetime

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.trial import (
    Decision,
    Measurement,
    Proposal,
    Repetition,
    TrialRecord,
    Value,
)
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.space import CategoricalParameter, IntParameter, Parameter, in_order
from hpsearch.store import StudyStore
from hpsearch.strategies.choices import count_configurations, make_pruner, make_sampler
from hpsearch.strategies.halving import Halving
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.ranking import Standings
from hpsearch.strategies.records import (
    ATTRIBUTE,
    CURVE,
    OPTUNA_STATES,
    REPETITION,
    curve_of,
    fill_rungs,
    to_attribute,
    to_record,
    to_records,
)
from hpsearch.strategies.repair import is_whole, repair


class _Storage(JournalStorage):
    """The journal's trials; to the samplers what is paused is pruned, until it is promoted.

    Left as running, it would tell them nothing but to keep away.
    """

    halving: Halving | None = None

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[OptunaState] | None = None,
    ) -> list[FrozenTrial]:
        if states == (OptunaState.WAITING,):
            return []  # `Study.ask` looks through all trials for enqueued ones: there are none
        if self.halving is None:
            return super().get_all_trials(study_id, deepcopy, states)
        seen = [_as_sampled(self.halving, frozen) for frozen in self.trials(study_id)]
        return [frozen for frozen in seen if states is None or frozen.state in states]

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
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._experiment = experiment
        self._journal = Journal(store, writable=True)
        self._storage = _Storage(self._journal)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=experiment.name,
                directions=[goal.direction for goal in experiment.goals],
                pruner=make_pruner(experiment),
                load_if_exists=True,
            )
        self._study_id = self._storage.get_study_id_from_name(experiment.name)
        self._asked = len(self._trials())
        self._study.sampler = make_sampler(experiment, self._asked)
        self._most = count_configurations(experiment)
        self._halving = self._storage.halving = fill_rungs(experiment, self._trials())
        self._standings = Standings(experiment.goals[0], self._trials())
        self._unwritten: dict[int, list[Measurement]] = {}
        self._measured: dict[int, int] = {}
        self._prepared: optuna.Trial | None = None
        self._repetitions = None if repetitions is None else self._untried(repetitions)
        self._complete_proposals()
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
        return Proposal(record.number, record.seed, record.params, record.started, record.repeats)

    def prepare(self) -> None:
        """Make the proposal that `ask` gives next; until then it is in no file."""
        if self._prepared is None:
            with self._journal.held():
                self._prepared = self._made()

    def _made(self) -> optuna.Trial | None:
        if self._most is not None and self._asked >= self._most:
            return None
        if self._repetitions is None:
            trial = self._study.ask()
        elif self._repetitions:
            trial = self._repeat(self._repetitions.popleft())
        else:
            return None
        self._asked += 1
        self._propose(trial)
        return trial

    def _untried(self, repetitions: Sequence[Repetition]) -> deque[Repetition]:
        tried = {(record.repeats, record.seed) for record in self.records()}
        return deque(one for one in repetitions if (one.repeats, one.seed) not in tried)

    def _repeat(self, repetition: Repetition) -> optuna.Trial:
        """Create a trial whose hyperparameters and seed are given: one record of the journal."""
        template = optuna.trial.create_trial(
            state=OptunaState.RUNNING,
            user_attrs={REPETITION: {"trial": repetition.repeats, "seed": repetition.seed}},
            # what `Study.enqueue_trial` writes; that would leave the trial WAITING after a kill
            system_attrs={"fixed_params": dict(repetition.params)},
        )
        made = self._storage.create_new_trial(self._study_id, template_trial=template)
        return optuna.Trial(self._study, made)

    def _propose(self, trial: optuna.Trial) -> None:
        """Have the trial's hyperparameters suggested; what it has already stays."""
        params: dict[str, Value] = dict(self._experiment.params)
        for name in in_order(self._experiment.space):
            parameter = self._experiment.space[name]
            if parameter.exists(params):
                params[name] = _suggest(trial, name, parameter)

    def _complete_proposals(self) -> None:
        """Propose the rest where a driver died amid a proposal."""
        for frozen in self._trials():
            if not frozen.state.is_finished() and not is_whole(self._experiment, frozen.params):
                self._study.sampler.before_trial(self._study, frozen)
                self._propose(optuna.Trial(self._study, self._id(frozen.number)))

    def report(self, number: int, measurements: Sequence[Measurement]) -> Decision:
        """Note a report; with several objectives nothing is ever stopped."""
        measurement = measurements[-1]
        if not self._is_compared(number, measurements):
            return Decision()
        self._write_curve(number)
        if len(self._experiment.goals) > 1:
            return Decision()
        goal = self._experiment.goals[0]
        value = measurement.metrics[goal.metric]
        # The storage, not `Trial.report`, which needs the `Trial` of an `ask` of this very process.
        self._storage.set_trial_intermediate_value(self._id(number), measurement.step, value)
        self._standings.note(measurement.step, value)
        if self._halving is not None:
            return _halved(self._halving, number, measurements)
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
        with contextlib.suppress(
            RuntimeError
        ):  # grid and brute force call `study.stop` at their end
            self._study.sampler.after_trial(self._study, self._frozen(record.number), state, values)
        self._storage.set_trial_state_values(trial_id, state, values)
        self._journal.flush()
        return to_record(self._frozen(record.number), self._experiment)

    def records(self) -> Sequence[TrialRecord]:
        """Return all trials by number; one that a dead driver left is still RUNNING."""
        trials = self._trials()
        if self._prepared is not None:
            trials = trials[: self._prepared.number]  # the last one: nobody has asked for it
        return to_records(trials, self._experiment, self._halving)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _is_compared(self, number: int, measurements: Sequence[Measurement]) -> bool:
        """Hold measurements to be written; return whether to write them and decide, now.

        Every report until a trial has a thousand measurements; then 500 in each doubling of their
        number, at the same ones in every trial: what Optuna does at a report takes time in
        proportion to those before it. 100,000 reports: 4,300 comparisons.
        """
        if number not in self._measured:
            self._measured[number] = len(curve_of(self._frozen(number)))
        self._unwritten.setdefault(number, []).extend(measurements)
        before = self._measured[number]
        self._measured[number] = count = before + len(measurements)
        every = 1 << (count // 1000).bit_length()
        return before // every < count // every

    def _write_curve(self, number: int) -> None:
        measurements = self._unwritten.pop(number, [])
        if measurements:
            rows = [(m.step, m.seconds, dict(m.metrics)) for m in measurements]
            key = f"{CURVE}{measurements[-1].step}"
            rows = [*self._frozen(number).user_attrs.get(key, []), *rows]
            self._storage.set_trial_user_attr(self._id(number), key, rows)

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
    return repair(store, experiment, ATTRIBUTE)


def _suggest(trial: optuna.Trial, name: str, parameter: Parameter) -> Value:
    if isinstance(parameter, CategoricalParameter):
        return trial.suggest_categorical(name, parameter.choices)
    if isinstance(parameter, IntParameter):
        step, log = parameter.step, parameter.log
        return trial.suggest_int(name, parameter.low, parameter.high, step=step, log=log)
    step_size = parameter.step
    return trial.suggest_float(
        name, parameter.low, parameter.high, step=step_size, log=parameter.log
    )


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
