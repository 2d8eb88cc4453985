"""An Optuna study that is open for writing: its journal, its storage, and Optuna's object."""

import optuna

from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.quiet import quiet
from hpsearch.strategies.registry import pruner_of
from hpsearch.strategies.storage import TrialStorage, read_storage


class Session:
    """The three belong together: `reopen` replaces all of them."""

    journal: Journal
    storage: TrialStorage
    study: optuna.Study

    def __init__(
        self, store: StudyStore, experiment: Experiment, storage: TrialStorage | None = None
    ) -> None:
        """Open the journal, or begin it; the driver holds the study's lease.

        With the storage of one that was read, it is not read again.
        """
        self._store = store
        self._experiment = experiment
        self._open(storage)

    def reopen(self) -> None:
        """Read the journal anew; what was not written to it is gone."""
        storage, sampler = self.storage, self.study.sampler
        self.journal.close()
        self._open()
        self.storage.pausing, self.storage.enqueued = storage.pausing, storage.enqueued
        self.study.sampler = sampler

    def _open(self, storage: TrialStorage | None = None) -> None:
        storage = storage or read_storage(self._store, self._experiment)
        self.storage, self.journal = storage, storage.journal
        self.journal.begin_writing()
        with quiet():
            self.study = optuna.create_study(
                storage=self.storage,
                study_name=self._experiment.name,
                directions=[goal.direction for goal in self._experiment.goals],
                pruner=pruner_of(self._experiment).build(self._experiment),
                load_if_exists=True,
            )
