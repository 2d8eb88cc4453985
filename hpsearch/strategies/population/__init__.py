"""Population based training: the rule that pauses and replaces, and how a copy's values change."""

from hpsearch.strategies.population.explore import explore
from hpsearch.strategies.population.rule import Population, population_of
from hpsearch.strategies.population.settings import Settings, settings_of

__all__ = ["Population", "Settings", "explore", "population_of", "settings_of"]
