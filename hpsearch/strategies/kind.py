"""What a kind of sampler or pruner is: it checks its options, describes itself, builds itself.

What it does in one line, and whether it can be used with several objectives, stands beside its name
in `experiment/kinds.py`, where editors and the experiment find it.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from hpsearch.common.errors import Fault
from hpsearch.common.trial import Measurement
from hpsearch.experiment import Experiment

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler


class Kind(Protocol):
    """What samplers and pruners have in common. Only `build` may be sure to import Optuna."""

    @property
    def name(self) -> str:
        """The `type` in the experiment."""

    @property
    def section(self) -> Literal["sampler", "pruner"]:
        """Where it stands in the experiment."""

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return what is wrong with its options, or with the experiment for it."""

    def describe(self, experiment: Experiment) -> str:
        """Return it in words, for the plan."""


class SamplerKind(Kind, Protocol):
    """What proposes."""

    @property
    def allows_lookahead(self) -> bool:
        """Whether a proposal may be made before it is due, without the trials that end by then."""

    def configurations(self, experiment: Experiment) -> int | None:
        """Return how many different trials it has in all; None: there is no end to them."""

    def build(self, experiment: Experiment) -> "BaseSampler":
        """Return Optuna's sampler; raises UserError with what `validate` returns."""


class PrunerKind(Kind, Protocol):
    """What stops hopeless trials, or pauses them."""

    @property
    def relaxed_by(self) -> str:
        """The keys of the experiment that let trials come further."""

    def build(self, experiment: Experiment) -> "BasePruner":
        """Return Optuna's pruner, which stops for good; raises UserError as `validate` returns."""

    def pausing(self, experiment: Experiment) -> "PausingRule | None":
        """Return what pauses trials and promotes them later; None if it can only stop them."""


class PausingRule(Protocol):
    """Pauses trials and promotes the best of them later; all of it follows from the curves."""

    def note(self, number: int, measurements: Sequence[Measurement]) -> None:
        """Take in what a trial measured since the last time."""

    def is_paused(self, number: int) -> bool:
        """Return whether a trial is to wait."""

    def why(self, number: int) -> str:
        """Say why a trial waits."""

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial that is to go on, or None."""
