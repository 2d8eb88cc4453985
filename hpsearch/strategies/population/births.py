"""What the next trial of a population begins with: a copy with its parent's, some changed."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hpsearch.common.proposal import trial_seed
from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment
from hpsearch.strategies.attributes import ORIGIN
from hpsearch.strategies.params import params_of
from hpsearch.strategies.population.explore import explore
from hpsearch.strategies.population.rule import Population
from hpsearch.strategies.population.settings import settings_of

if TYPE_CHECKING:
    from hpsearch.strategies.storage import TrialStorage


class Births:
    """The births of a search; none if it trains no population."""

    def __init__(
        self, storage: "TrialStorage", experiment: Experiment, population: Population | None
    ) -> None:
        self._storage = storage
        self._experiment = experiment
        self._population = population

    def next(self, number: int) -> tuple[Mapping[str, Value], dict[str, Any]]:
        """Return the hyperparameters of the next trial, and the attribute that says its origin.

        Both are empty without a population, the former for a trial that begins anew.
        """
        if self._population is None:
            return {}, {}
        origin = self._population.next_origin(number)
        attribute = {ORIGIN: asdict(origin)}
        if origin.parent is None:
            return {}, attribute
        parent = params_of(self._storage.trial(origin.parent), self._experiment.space)
        seed = trial_seed(self._experiment.seed, f"copy:{number}")
        settings = settings_of(self._experiment)
        return explore(parent, self._experiment, settings, seed), attribute
