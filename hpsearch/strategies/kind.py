"""What a kind of sampler or pruner is: it checks its options, describes itself, builds itself.

Each is a file in `samplers/` or `pruners/`. What it does in one line, and whether it can be used
with several objectives, is beside its name in `experiment/kinds.py`: editors show it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from hpsearch.common.errors import Fault
from hpsearch.common.trial import Measurement, Origin, TrialState, Value
from hpsearch.experiment import Experiment

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler


class Kind(Protocol):
    """What samplers and pruners have in common. Without options, only `build` imports Optuna."""

    @property
    def name(self) -> str:
        """The `type` in the experiment."""

    @property
    def section(self) -> Literal["sampler", "pruner"]:
        """The section of the experiment that names it."""

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return what is wrong with its options, or with the experiment for it."""

    def describe(self, experiment: Experiment) -> str:
        """Return a description of it, for the plan."""


class SamplerKind(Kind, Protocol):
    """What proposes."""

    @property
    def allows_lookahead(self) -> bool:
        """Whether a proposal may be made ahead, without the trials that finish in the meantime."""

    @property
    def takes_warm_start(self) -> bool:
        """Whether it learns from the trials of earlier studies."""

    def configurations(self, experiment: Experiment) -> int | None:
        """Return how many different trials it can propose; None if there is no limit."""

    def build(self, experiment: Experiment) -> "BaseSampler":
        """Return Optuna's sampler; raises UserError with what `validate` returns."""


class PrunerKind(Kind, Protocol):
    """What stops trials early, or pauses them."""

    @property
    def relaxed_by(self) -> str:
        """The keys of the experiment that let trials run longer."""

    def next_step(self, experiment: Experiment, reported: Collection[int]) -> float:
        """Return the step below which it does not stop a trial that has reported these steps.

        Infinite if it never stops one for good.
        """

    def build(self, experiment: Experiment) -> "BasePruner":
        """Return Optuna's pruner, which stops for good; raises UserError as `validate` returns."""

    def pausing(self, experiment: Experiment) -> "PausingRule | None":
        """Return what pauses trials and promotes them later; None if it can only stop them."""


class PausingRule(Protocol):
    """Pauses trials and promotes the best of them later; its state follows from the trials."""

    def begin(self, number: int, params: Mapping[str, Value], origin: Origin | None = None) -> None:
        """Note the hyperparameters of a trial, and where it begins if it is of a population."""

    def note(self, number: int, measurements: Sequence[Measurement]) -> None:
        """Add what a trial measured since the last call."""

    def end(self, number: int, state: TrialState) -> None:
        """Note what a trial became."""

    def is_paused(self, number: int) -> bool:
        """Return whether a trial is paused."""

    def next_step(self, number: int) -> float:
        """Return the step below which no report of a trial pauses it, 0 if that is unknown."""

    def why(self, number: int) -> str:
        """Return why a trial is paused."""

    def promotable(self, paused: Collection[int]) -> int | None:
        """Return the paused trial to promote, or None; called before each start, with all."""
