"""Where a sampler's random numbers start from."""

import numpy as np
from optuna.samplers import BaseSampler


def reseed(sampler: BaseSampler, seed: int) -> None:
    """Have all random states of a sampler start from a seed; Optuna's `reseed_rng` takes none."""
    for part in vars(sampler).values():
        if isinstance(part, BaseSampler):
            reseed(part, seed)
        elif isinstance(getattr(part, "rng", None), np.random.RandomState):
            part.rng.seed(seed)
