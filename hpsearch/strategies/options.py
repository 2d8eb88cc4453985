"""The options of a sampler or a pruner, held against the signature of Optuna's class.

Only what YAML can say is an option: numbers, texts, true and false, mappings. A new Optuna needs no
change here, but for `LIMITS`: what Optuna itself refuses amid a search, or never.
"""

import inspect
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hpsearch.common.errors import Fault, UserError
from hpsearch.strategies import faults
from hpsearch.strategies.quiet import quiet

OURS = frozenset({"seed", "search_space", "goal", "wrapped_pruner"})
"""Arguments that the experiment gives elsewhere, or that are made from what it gives."""

NAMES = {
    "Callable": Callable, "Mapping": Mapping, "Sequence": Sequence, "FrozenTrial": object,
}  # fmt: skip
"""What Optuna's annotations name and its modules import for type checkers alone."""

WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
WORDS |= {dict: "`key: value` pairs", type(None): "null"}

LIMITS: Mapping[str, tuple[float, float]] = {
    "prior_weight": (0, 1e6),
    "n_ei_candidates": (1, 100_000),
    "popsize": (2, 10_000),
    "sigma0": (1e-12, 1e12),
    "min_early_stopping_rate": (0, 100),
}
HALVING_LIMITS: Mapping[str, tuple[float, float]] = {
    "min_resource": (1e-6, 1e15),
    "max_resource": (1, 1e15),
    "reduction_factor": (2, 1e6),
    "bootstrap_count": (0, 1e6),
}

HALVING_KINDS = ("hyperband", "successive_halving", "asha")

Made = TypeVar("Made")


@dataclass(frozen=True)
class Option:
    """What an option may be."""

    types: frozenset[type]
    required: bool

    def takes(self, value: object) -> bool:
        """Return whether the value is of a right type; a whole number may be a float."""
        kind = type(value)
        return kind in self.types or (kind is int and float in self.types)

    def __str__(self) -> str:
        return " or ".join(word for kind, word in WORDS.items() if kind in self.types)


def make(build: Callable[..., Made], section: str, kind: str, options: dict[str, Any]) -> Made:
    """Call Optuna's class; raise UserError with all that is wrong with the options."""
    given = {name: value for name, value in options.items() if name not in OURS}
    found = option_faults(build, section, kind, given)
    if found:
        raise UserError(*found)
    try:
        with quiet():
            return build(**options)
    except (TypeError, ValueError, AssertionError) as error:
        raise UserError(faults.refused_options(section, kind, str(error))) from None


def option_faults(
    build: Callable[..., object], section: str, kind: str, given: Mapping[str, object]
) -> list[Fault]:
    """Return what is wrong with the options: unknown, missing, of another type, out of range."""
    known = _known(build)
    found = [faults.bad_option(section, kind, name, known) for name in given if name not in known]
    for name, option in known.items():
        if name not in given:
            if option.required:
                found.append(faults.missing_option(section, kind, name, str(option)))
        elif not option.takes(given[name]):
            found.append(faults.wrong_option(section, name, given[name], str(option)))
        else:
            problem = _out_of_range(kind, name, given[name])
            found += [faults.wrong_option(section, name, given[name], problem)] if problem else []
    if kind == "threshold" and given.keys().isdisjoint({"lower", "upper"}):
        found.append(faults.missing_option(section, kind, "lower` or `upper", "a number"))
    return found


def _known(build: Callable[..., object]) -> dict[str, Option]:
    parameters = inspect.signature(build, locals=NAMES, eval_str=True).parameters
    found = {
        name: Option(_types(one.annotation), one.default is inspect.Parameter.empty)
        for name, one in parameters.items()
        if name not in OURS
    }
    return {name: option for name, option in found.items() if option.types - {type(None)}}


def _types(annotation: Any) -> frozenset[type]:
    """Return the types that YAML can give; none if there is another one among them."""
    if typing.get_origin(annotation) is typing.Literal:
        return frozenset({str})
    parts = [annotation]
    if not isinstance(annotation, type) and typing.get_origin(annotation) is not dict:
        parts = list(typing.get_args(annotation))
    plain = [dict if typing.get_origin(part) is dict else part for part in parts]
    return frozenset(plain) if set(plain) <= WORDS.keys() else frozenset()


def _out_of_range(kind: str, name: str, value: object) -> str | None:
    """Return the range of a number that is not in it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    limits = {**LIMITS, **(HALVING_LIMITS if kind in HALVING_KINDS else {})}
    low, high = limits.get(name, (-math.inf, math.inf))
    if low <= value <= high and not math.isnan(value):
        return None
    return f"a number of at least {low:g}" + (f", at most {high:,g}" if high < math.inf else "")
