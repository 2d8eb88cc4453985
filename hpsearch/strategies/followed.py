"""A study in memory that follows another one's journal: it decides, and takes what was decided."""

from collections.abc import Sequence

from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from hpsearch.common.proposal import Proposal
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore, open_store
from hpsearch.strategies.attributes import curve_of
from hpsearch.strategies.params import params_of
from hpsearch.strategies.study import OptunaStudy
from hpsearch.strategies.warm_start import kept_transfers


class FollowedStudy(OptunaStudy):
    """What the sampler and the pruner of an experiment decide; nothing is written to a store."""

    def __init__(self, followed: StudyStore, experiment: Experiment) -> None:
        """Begin without a trial, with what the other study knew of earlier ones."""
        super().__init__(
            open_store("memory://").study(experiment.name),
            experiment.model_copy(update={"suggestions": []}),  # followed as they were tried
            transfers=kept_transfers(followed, experiment),
        )

    def enqueue(self, frozen: FrozenTrial) -> None:
        """Take a trial that another program enqueued; it waits."""
        self._create(frozen, OptunaState.WAITING)

    def begin(self, frozen: FrozenTrial) -> None:
        """Begin a trial that was enqueued, or else take it as the next one."""
        storage = self._session.storage
        if frozen.number < len(storage.trials()):
            storage.set_trial_state_values(storage.trial_id(frozen.number), OptunaState.RUNNING)
        else:
            self.take(frozen)

    def take(self, frozen: FrozenTrial) -> None:
        """Take a trial as it was begun, instead of a proposal; it gets the next number."""
        self._create(frozen, OptunaState.RUNNING)

    def propose(self, frozen: FrozenTrial) -> Proposal | None:
        """Propose a trial, and take it as it was begun; None if nothing was left to propose."""
        proposal = self.ask()
        if proposal is None:
            self.take(frozen)
            return None
        self.correct(frozen.number, frozen)
        return proposal

    def correct(self, number: int, frozen: FrozenTrial) -> None:
        """Give a trial that was just proposed the hyperparameters of another one."""
        own = self._session.storage.trials()[number]
        own.params, own.distributions = frozen.params, frozen.distributions
        self._note(number, frozen)

    def promotes(self, number: int) -> bool:
        """Return whether a paused trial would be promoted now, if it alone waits."""
        return self.promotable({number}) is not None

    def end(self, record: TrialRecord, frozen: FrozenTrial, rest: Sequence[Measurement]) -> None:
        """Take a trial as it ended; Optuna's own reports are all there is of one not of ours."""
        storage = self._session.storage
        known = storage.trial(record.number).intermediate_values
        for step, value in frozen.intermediate_values.items():
            if step not in known:
                storage.set_trial_intermediate_value(storage.trial_id(record.number), step, value)
        self.finish(record, rest)

    def add(self, record: TrialRecord, frozen: FrozenTrial) -> None:
        """Take a trial that another program ran, with its curve."""
        self.take(frozen)
        curve = curve_of(frozen)
        if self._pausing is not None:
            self._pausing.note(record.number, curve)
        self.end(record, frozen, curve)

    def _create(self, frozen: FrozenTrial, state: OptunaState) -> None:
        template = create_trial(
            state=state,
            params=frozen.params,
            distributions=frozen.distributions,
            system_attrs=frozen.system_attrs,
        )
        storage = self._session.storage
        storage.create_new_trial(storage.study_id, template)
        self._note(len(storage.trials()) - 1, frozen)

    def _note(self, number: int, frozen: FrozenTrial) -> None:
        self._proposals.note(frozen)
        if self._pausing is not None:
            params = params_of(frozen, self._experiment.space)
            self._pausing.begin(number, self._experiment.recorded(params))
