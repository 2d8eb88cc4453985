"""The options of a sampler or a pruner, checked against the signature of what they are passed to.

Only what YAML can express is an option: numbers, texts, true and false, mappings, lists. A new
Optuna needs no change here; what it refuses only during a search, or never, is in the kind's
`limits`.
"""

import inspect
import math
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.privacy import Privacy
from hpsearch.strategies import faults

NAMES = {
    "Callable": Callable, "Mapping": Mapping, "Sequence": Sequence,
    "FrozenTrial": object, "Study": object, "TrialState": object, "BaseDistribution": object,
}  # fmt: skip
"""Names in Optuna's annotations that its modules import only for type checkers."""

WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
WORDS |= {dict: "`key: value` pairs", list: "a list", type(None): "null"}

Limits = Mapping[str, tuple[float, float]]
"""The lowest and the highest value of options that are numbers."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Option:
    """What an option may be."""

    types: frozenset[type]
    required: bool

    def takes(self, value: object) -> bool:
        """Return whether the value has an allowed type; a float may be a whole number."""
        kind = type(value)
        return kind in self.types or (kind is int and float in self.types)

    def __str__(self) -> str:
        return " or ".join(word for kind, word in WORDS.items() if kind in self.types)


@dataclass(frozen=True)
class OptionRules:
    """What the options of one kind must be, beyond what the signature says."""

    section: str
    kind: str
    limits: Limits = field(default_factory=dict)
    one_of: tuple[str, ...] = ()
    """At least one of these must be given."""

    def make(
        self, build: Callable[..., Made], options: Mapping[str, Any], derived: Mapping[str, Any]
    ) -> Made:
        """Call `build`; raise UserError with everything that is wrong with the options.

        `derived` are the arguments that hpsearch makes from the experiment.
        """
        given = {name: value for name, value in options.items() if name not in derived}
        known = _known(build, derived)
        found = [
            faults.bad_option(self.section, self.kind, name, known)
            for name in given
            if name not in known
        ]
        found += self._missing(known, given)
        found += [one for name in known if name in given for one in self._wrong(known, name, given)]
        if found:
            raise UserError(*found)
        try:
            return build(**given, **derived)
        except (TypeError, ValueError, AssertionError) as error:
            raise UserError(faults.refused_options(self.section, self.kind, str(error))) from None

    def _missing(self, known: Mapping[str, Option], given: Mapping[str, object]) -> Iterator[Fault]:
        for name, option in known.items():
            if option.required and name not in given:
                yield faults.missing_option(self.section, self.kind, name, str(option))
        if self.one_of and given.keys().isdisjoint(self.one_of):
            names = "` or `".join(self.one_of)
            yield faults.missing_option(self.section, self.kind, names, "one of them is enough")

    def _wrong(
        self, known: Mapping[str, Option], name: str, given: Mapping[str, object]
    ) -> Iterator[Fault]:
        value = given[name]
        expected = self._range_of(name, value) if known[name].takes(value) else str(known[name])
        if expected is not None:
            yield faults.wrong_option(self.section, name, value, expected)

    def _range_of(self, name: str, value: object) -> str | None:
        """Return the allowed range if the value is a number outside it."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        lowest = 0 if name.startswith("n_") else -math.inf  # that of something that is counted
        low, high = self.limits.get(name, (lowest, math.inf))
        if low <= value <= high and not math.isnan(value):
            return None
        return f"a number of at least {low:g}" + (f", at most {high:,g}" if high < math.inf else "")


def faults_of(build: Callable[[], object]) -> list[Fault]:
    """Return the faults with which `build` fails, none if it succeeds."""
    try:
        build()
    except UserError as error:
        return list(error.faults)
    return []


def with_options(kind: str, options: Mapping[str, Any]) -> str:
    """Return a kind and its options as text; what looks like a secret is hidden."""
    shown = Privacy().hide(dict(options))
    return ", ".join([kind, *(f"{name} {value}" for name, value in shown.items())])


def _known(build: Callable[..., object], derived: Mapping[str, object]) -> dict[str, Option]:
    parameters = inspect.signature(build, locals=NAMES, eval_str=True).parameters
    found = {
        name: Option(_types(one.annotation), one.default is inspect.Parameter.empty)
        for name, one in parameters.items()
        if name not in derived
    }
    return {name: option for name, option in found.items() if option.types - {type(None)}}


def _types(annotation: Any) -> frozenset[type]:
    """Return the types that YAML can express; none if another type is among them."""
    if typing.get_origin(annotation) is typing.Literal:
        return frozenset({str})
    parts = [annotation]
    if not isinstance(annotation, type) and typing.get_origin(annotation) not in (dict, list):
        parts = list(typing.get_args(annotation))
    plain = [typing.get_origin(part) or part for part in parts]
    return frozenset(plain) if set(plain) <= WORDS.keys() else frozenset()
