"""What the recorder is given beside trials: the study's card, and a model for the registry."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hpsearch.common.goal import Goal
from hpsearch.common.trial import TrialRecord

ArtifactFolder = Callable[[int], AbstractContextManager[Path | None]]
"""Gives a local folder with the files that a trial made for people, None if it made none."""


def no_artifacts(number: int) -> AbstractContextManager[Path | None]:
    """Give no folder."""
    return nullcontext()


@dataclass(frozen=True)
class StudyCard:
    """What the parent run says of the study.

    `id` tells this study from another one of the same name; the parent run is found by it.
    `searched` holds the hyperparameters that are searched, and whether every trial has each.
    `tags` are the versions of code and packages. `parent` is the id of the study whose run is the
    parent of this one, `kind` tells runs under one parent apart.
    """

    id: str
    name: str
    experiment: str
    goals: tuple[Goal, ...]
    resolved_yaml: str
    searched: Mapping[str, bool] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""
    kind: str = ""


class Model(Protocol):
    """A trained model as people get it, with a batch of at least two to trace it by."""

    @property
    def module(self) -> Any:
        """A `torch.nn.Module` in eval mode on the CPU."""

    @property
    def example(self) -> Any:
        """A `torch.Tensor` on the CPU; its first dimension is the batch."""


@dataclass(frozen=True)
class Candidate:
    """A model for the registry, under `name`.

    `record` is the trial that trained it. `value` is what the search measured; of a confirmed model
    the best among all that it was compared with. `metrics` are further ones, such as a test set's.
    """

    name: str
    record: TrialRecord
    model: Model
    goal: Goal
    value: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    is_confirmed: bool = False
