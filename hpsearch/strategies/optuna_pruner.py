"""One of Optuna's pruners as a kind, with a description of when it acts; see `pruners/`.

Optuna is imported only when a pruner is built, or has options to check.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.text import count
from hpsearch.experiment import Experiment, PrunerType
from hpsearch.strategies import faults
from hpsearch.strategies.options import Limits, OptionRules, faults_of, with_options
from hpsearch.strategies.quiet import quiet

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

    from hpsearch.strategies.kind import PausingRule

Options = Mapping[str, Any]

COMPARING: Options = {"n_warmup_steps": 0, "interval_steps": 1}
"""Optuna's defaults of the pruners that compare at reports."""

HALVING: Limits = {
    "min_resource": (1e-6, 1e15),
    "max_resource": (1, 1e15),
    "reduction_factor": (2, 1e6),
    "bootstrap_count": (0, 1e6),
    "min_early_stopping_rate": (0, 100),
}
"""Of the pruners that compare at rungs."""


def _no_rung(options: Options) -> list[Fault]:
    """Return the fault of a halving pruner whose first rung lies behind its last one."""
    least, most = (options.get(name) for name in ("min_resource", "max_resource"))
    if not (isinstance(least, int | float) and isinstance(most, int | float)) or least <= most:
        return []
    return [
        faults.wrong_option("pruner", "max_resource", most, f"at least `min_resource`, {least}")
    ]


def derives_nothing(options: Options) -> Options:
    """Return no arguments beyond the options."""
    return {}


@dataclass(frozen=True)
class OptunaPruner:
    """One of Optuna's pruners; see `PrunerKind`."""

    name: PrunerType
    class_name: str
    description: "Callable[[OptunaPruner, Options], str]"
    """Returns when it acts with these options."""
    defaults: Options = field(default_factory=dict)
    """Optuna's own defaults of the options that `description` needs."""
    relaxed_by: str = "`pruner.n_warmup_steps`"
    limits: Limits = field(default_factory=dict)
    needs_options: bool = False
    one_of: tuple[str, ...] = ()
    derived: Callable[[Options], Options] = derives_nothing
    """Arguments of the class that are made from the options."""
    is_aligned: bool = False
    """Whether it compares with the values of other trials at the same step; see `aligned.py`."""
    section: ClassVar[Literal["pruner"]] = "pruner"

    def validate(self, experiment: Experiment) -> list[Fault]:
        """Return what is wrong with its options."""
        if not experiment.pruner.options and not self.needs_options:
            return []
        return faults_of(lambda: self.build(experiment))

    def describe(self, experiment: Experiment) -> str:
        """Return when it acts, for the plan."""
        return self.description(self, experiment.pruner.options)

    def next_step(self, experiment: Experiment, reported: Collection[int]) -> float:
        """Return the step below which it stops nothing, if an option says so.

        Of several reports in an interval it looks at the first alone.
        """
        if self.class_name == "NopPruner":
            return math.inf
        options = {"interval_steps": 1, **self.defaults, **experiment.pruner.options}
        first: int = options.get("n_warmup_steps", 0)
        interval: int = options["interval_steps"]
        if interval == 1 or (last := max(reported, default=-1)) < first:
            return first
        return first + ((last - first) // interval + 1) * interval

    def build(self, experiment: Experiment) -> "BasePruner":
        """Return the pruner."""
        return self.build_with(experiment.pruner.options)

    def build_with(self, options: Options) -> "BasePruner":
        """Return the pruner with these options."""
        import optuna

        build = getattr(optuna.pruners, self.class_name)
        rules = OptionRules(self.section, self.name, self.limits, self.one_of)
        with quiet():
            made: BasePruner = rules.make(build, options, self.derived(options))
        if found := _no_rung(options):
            raise UserError(*found)
        if not self.is_aligned:
            return made
        from hpsearch.strategies.aligned import AlignedPruner

        return AlignedPruner(made)

    def pausing(self, experiment: Experiment) -> "PausingRule | None":
        """Return None: a trial that Optuna stops is never resumed."""
        return None


def at_reports(kind: OptunaPruner, options: Options) -> str:
    """Return from which step on, how often and after how many trials a pruner compares."""
    known = {**kind.defaults, **options}
    text = f"{kind.name}: at every report from step {known['n_warmup_steps']}"
    interval, startup = known["interval_steps"], known.get("n_startup_trials", 0)
    text += f", at most once every {interval} steps" if interval > 1 else ""
    return f"{text}, after {count(startup, 'trial')}" if startup else text


def at_rungs(kind: OptunaPruner, options: Options) -> str:
    """Return at which steps a halving pruner compares, if they are known before a trial has run."""
    if not isinstance(options.get("min_resource"), int):
        return by_options(kind, options)
    factor = options.get("reduction_factor", kind.defaults["reduction_factor"])
    first = options["min_resource"] * factor ** options.get("min_early_stopping_rate", 0)
    steps = ", ".join(str(first * factor**index) for index in range(3))
    return f"{kind.name}: at the steps {steps}, …: the best 1/{factor} continue"


def by_options(kind: OptunaPruner, options: Options) -> str:
    """Return its options, for a pruner whose steps cannot be told from them."""
    return with_options(kind.name, options)
