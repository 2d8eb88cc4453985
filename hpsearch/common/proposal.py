"""What to try next: hyperparameters that a study proposes or trains again, and their seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hpsearch.common.privacy import Privacy
from hpsearch.common.trial import Origin, Value


@dataclass(frozen=True)
class Proposal:
    """What the study proposes to try next."""

    number: int
    seed: int
    params: Mapping[str, Value]
    started: datetime
    repeats: int | None = None
    suggested: bool = False
    origin: Origin | None = None
    privacy: Privacy = field(default=Privacy(), compare=False, repr=False)


@dataclass(frozen=True)
class Repetition:
    """The hyperparameters of trial `repeats` of a search, to be trained again from another seed."""

    repeats: int
    seed: int
    params: Mapping[str, Value]


def trial_seed(seed: int, name: int | str) -> int:
    """Return the seed of a trial, from 0 to 2**31 - 1: the same for every attempt at it."""
    return random.Random(f"{seed}:{name}").getrandbits(31)  # noqa: S311 (no secret)
