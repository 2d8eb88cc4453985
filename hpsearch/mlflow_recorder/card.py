"""What the recorder is given beside trials: the study's card, and its best model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hpsearch.trial import Goal


@dataclass(frozen=True)
class StudyCard:
    """What the parent run says of the study.

    `id` tells this study from another one of the same name; by it the parent run is found again.
    `searched` holds the hyperparameters that are searched, and whether every trial has each.
    `tags` are the versions of code and packages.
    """

    id: str
    name: str
    experiment: str
    goals: tuple[Goal, ...]
    resolved_yaml: str
    searched: Mapping[str, bool] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


class Model(Protocol):
    """A trained model as people get it, with a batch of at least two to trace it by."""

    @property
    def module(self) -> Any:
        """A `torch.nn.Module` in eval mode on the CPU."""

    @property
    def example(self) -> Any:
        """A `torch.Tensor` on the CPU; its first dimension is the batch."""
