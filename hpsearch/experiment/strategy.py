"""The sampler and the pruner of an experiment: a kind by name, and options for Optuna's class."""

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from hpsearch.experiment.kinds import (
    PRUNERS,
    SAMPLERS,
    PrunerType,
    SamplerType,
    for_editors,
    listed,
)
from hpsearch.experiment.section import Section


class _Options(Section):
    """Further keys are passed to Optuna's class and checked against its signature."""

    model_config = ConfigDict(extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The keys beyond `type`, for Optuna."""
        return dict(self.model_extra or {})


class Sampler(_Options):
    """What proposes the hyperparameters; other keys are options of Optuna's sampler."""

    _positional = ("type",)

    type: SamplerType = Field(
        default="auto", description=listed(SAMPLERS), json_schema_extra=for_editors(SAMPLERS)
    )

    if TYPE_CHECKING:  # by position, too

        def __init__(self, type: SamplerType = "auto", **options: Any) -> None: ...


class Pruner(_Options):
    """What stops hopeless trials; other keys are options of Optuna's pruner, or of asha."""

    _positional = ("type",)

    type: PrunerType = Field(
        default="auto", description=listed(PRUNERS), json_schema_extra=for_editors(PRUNERS)
    )

    if TYPE_CHECKING:  # by position, too

        def __init__(self, type: PrunerType = "auto", **options: Any) -> None: ...
