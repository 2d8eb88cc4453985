"""What is tried next: enqueued trials, then suggestions, then proposals of the sampler.

Before the sampler come what people expect to be good, and values near it; see `priors.py`.

Repetitions, if they are given, are tried instead of suggestions and proposals. A proposal that is
made ahead is buffered: the journal has it when it is taken.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from hpsearch.analysis.confirmation import configuration
from hpsearch.common.errors import HpsearchError, SearchFailed
from hpsearch.common.proposal import Repetition, trial_seed
from hpsearch.common.redaction import problem
from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment
from hpsearch.strategies import faults
from hpsearch.strategies.attributes import PRIOR, REPETITION, SUGGESTION, suggestion_of
from hpsearch.strategies.params import (
    FIXED_PARAMS,
    fixed_params,
    is_complete,
    params_of,
    suggest_params,
)
from hpsearch.strategies.population import Population
from hpsearch.strategies.population.births import Births
from hpsearch.strategies.priors import Priors
from hpsearch.strategies.quiet import quiet
from hpsearch.strategies.registry import sampler_of
from hpsearch.strategies.seeds import reseed
from hpsearch.strategies.session import Session
from hpsearch.strategies.suggestions import Suggestions


class Proposals:
    """Makes the trials of one search, one at a time."""

    def __init__(
        self,
        session: Session,
        experiment: Experiment,
        suggestions: Suggestions,
        *,
        repetitions: Sequence[Repetition] | None = None,
        population: Population | None = None,
    ) -> None:
        """Complete the proposals that a killed driver left incomplete."""
        self._session = session
        self._experiment = experiment
        self._suggestions = suggestions
        self._repetitions = None if repetitions is None else deque(repetitions)
        self._most = sampler_of(experiment).configurations(experiment)
        self._priors = Priors(experiment, only_first=self._most is not None)
        self._births = Births(session.storage, experiment, population)
        self._prepared: optuna.Trial | None = None
        self._asked = len(session.storage.trials())
        with self._sampling():
            self._complete()
        self._tried = {*self._configurations()}

    @property
    def prepared(self) -> int | None:
        """The number of the trial that was made ahead; None if there is none."""
        return None if self._prepared is None else self._prepared.number

    def prepare(self) -> None:
        """Make the next trial, unless it is made already; it is not in the store yet."""
        if self._prepared is None:
            with self._session.journal.buffered(), self._sampling():
                self._prepared = self._next()

    def take(self) -> FrozenTrial | None:
        """Return the next trial, on its way to the journal; None if nothing is left to try."""
        if self._is_overtaken():
            self._drop_prepared()
        self.prepare()
        trial, self._prepared = self._prepared, None
        if trial is None:
            return None
        session = self._session
        begun = session.storage.trial(trial.number).datetime_start = datetime.now()
        session.journal.commit(trial._trial_id, begun)
        frozen = session.storage.trial(trial.number)
        suggestion = suggestion_of(frozen)
        session.journal.flush(wait=suggestion is not None)  # its trial comes after it in any case
        if suggestion is not None:
            self._suggestions.discard(suggestion)
        return frozen

    def note(self, frozen: FrozenTrial) -> None:
        """Note a trial that was not taken from here: it is not proposed again."""
        self._asked = len(self._session.storage.trials())
        params = params_of(frozen, self._experiment.space)
        self._tried.add(configuration(self._experiment.recorded(params)))

    def _next(self) -> optuna.Trial | None:
        waiting = self._waiting()
        if waiting:
            self._reseed(waiting[0].number)
            trial: optuna.Trial | None = self._session.study.ask()
        else:
            trial = self._new()
            self._asked += trial is not None
        if trial is not None:
            self._tried.add(configuration(suggest_params(trial, self._experiment)))
        return trial

    def _new(self) -> optuna.Trial | None:
        inherited, origin = self._births.next(self._asked)
        suggestion = self._suggestions.first() if self._repetitions is None else None
        if suggestion is not None:
            self._reseed(self._asked)
            given = {**inherited, **suggestion.params}
            trial = self._create(given, {SUGGESTION: {"id": suggestion.id}, **origin})
            self._suggestions.take()
            return trial
        if self._is_exhausted():
            return None
        if self._repetitions is not None:
            return self._repeat(self._repetitions.popleft())
        self._reseed(self._asked)
        if self._priors and not inherited:
            expected = self._priors.draw(self._session.storage.trials(), self._tried)
            if expected:
                return self._create(expected, {PRIOR: sorted(expected), **origin})
        return self._create(inherited, origin) if origin else self._session.study.ask()

    def _is_exhausted(self) -> bool:
        if self._repetitions is not None and not self._repetitions:
            return True
        return self._most is not None and len(self._tried) >= self._most

    def _is_overtaken(self) -> bool:
        """Return whether a suggestion arrived after the sampler made its proposal ahead."""
        if self._prepared is None or self._repetitions is not None:
            return False
        frozen = self._session.storage.trial(self._prepared.number)
        is_given = FIXED_PARAMS in frozen.system_attrs and PRIOR not in frozen.user_attrs
        return not is_given and self._suggestions.first() is not None

    def _drop_prepared(self) -> None:
        """Forget the proposal made ahead; it is not in the journal, so its number is free again."""
        self._prepared = None
        self._session.reopen()
        self._asked = len(self._session.storage.trials())
        self._tried = {*self._configurations()}

    def _repeat(self, repetition: Repetition) -> optuna.Trial:
        origin = {"trial": repetition.repeats, "seed": repetition.seed}
        return self._create(repetition.params, {REPETITION: origin})

    def _create(self, params: Mapping[str, Value], attributes: dict[str, Any]) -> optuna.Trial:
        """Create a trial with given hyperparameters, in a single record of the journal."""
        template = optuna.trial.create_trial(
            state=OptunaState.RUNNING,
            user_attrs=attributes,
            # as `Study.enqueue_trial` writes it; after a kill, that would leave the trial WAITING
            system_attrs={FIXED_PARAMS: fixed_params(params, self._experiment.space)},
        )
        study, storage = self._session.study, self._session.storage
        return optuna.Trial(study, storage.create_new_trial(storage.study_id, template))

    def _complete(self) -> None:
        """Suggest the missing hyperparameters of trials whose driver died during the proposal."""
        study, storage = self._session.study, self._session.storage
        for frozen in storage.trials():
            params = params_of(frozen, self._experiment.space)
            if frozen.state is OptunaState.RUNNING and not is_complete(self._experiment, params):
                self._reseed(frozen.number)
                study.sampler.before_trial(study, frozen)
                trial = optuna.Trial(study, storage.trial_id(frozen.number))
                suggest_params(trial, self._experiment)

    def _configurations(self) -> Iterator[str]:
        """Return what was tried; a trial that lost hyperparameters does not count."""
        for frozen in self._session.storage.trials():
            params = params_of(frozen, self._experiment.space)
            if is_complete(self._experiment, params):
                yield configuration(self._experiment.recorded(params))

    def _waiting(self) -> list[FrozenTrial]:
        storage = self._session.storage
        return storage.get_all_trials(storage.study_id, states=(OptunaState.WAITING,))

    def _reseed(self, number: int) -> None:
        """Make a proposal depend on its number and the trials alone, not on resumes."""
        seed = trial_seed(self._experiment.seed, f"proposal:{number}")
        reseed(self._session.study.sampler, seed)

    @contextmanager
    def _sampling(self) -> Iterator[None]:
        """Raise SearchFailed that names the sampler if it fails inside `with`."""
        try:
            with quiet():
                yield
        except HpsearchError:
            raise
        except Exception as error:
            sampler = f"sampler `{self._experiment.sampler.type}`"
            raise SearchFailed(faults.optuna_failed(sampler, problem(error))) from error
