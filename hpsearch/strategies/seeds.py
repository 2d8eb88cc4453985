"""The random seed of a sampler."""

import numpy as np
from optuna.samplers import BaseSampler


def reseed(sampler: BaseSampler, seed: int) -> None:
    """Seed all random states of a sampler; Optuna's own `reseed_rng` takes no seed."""
    for part in vars(sampler).values():
        if isinstance(part, BaseSampler):
            reseed(part, seed)
        elif isinstance(getattr(part, "rng", None), np.random.RandomState):
            part.rng.seed(seed)
