"""The random seed of a sampler."""

from collections.abc import Callable

import numpy as np
from optuna.samplers import BaseSampler


class LaterSampler:
    """A part of a sampler that is made when it is called; its seed is as if it had been there."""

    def __init__(self, make: Callable[[], BaseSampler]) -> None:
        self._make = make
        self._made: BaseSampler | None = None
        self._seed: int | None = None

    def __call__(self) -> BaseSampler:
        """Return the part."""
        if self._made is None:
            self._made = self._make()
            if self._seed is not None:
                reseed(self._made, self._seed)
        return self._made

    def reseed(self, seed: int) -> None:
        """Seed the part, now or once it is made."""
        self._seed = seed
        if self._made is not None:
            reseed(self._made, seed)


def reseed(sampler: BaseSampler, seed: int) -> None:
    """Seed all random states of a sampler; Optuna's own `reseed_rng` takes no seed."""
    for part in vars(sampler).values():
        if isinstance(part, BaseSampler):
            reseed(part, seed)
        elif isinstance(part, LaterSampler):
            part.reseed(seed)
        elif isinstance(getattr(part, "rng", None), np.random.RandomState):
            part.rng.seed(seed)
