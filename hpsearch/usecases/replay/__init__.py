"""A study's decisions again from its journal, or what another strategy would have made of it.

replay.py      the use cases
simulation.py  a search over known trials, in simulated time
what_if.py     two of these beside each other
"""

from hpsearch.usecases.replay.replay import other_experiment, replay, replay_with
from hpsearch.usecases.replay.simulation import Side
from hpsearch.usecases.replay.what_if import WhatIf

__all__ = ["Side", "WhatIf", "other_experiment", "replay", "replay_with"]
