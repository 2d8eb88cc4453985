"""Whether a trial of the experiment before an amendment is one of the experiment after it.

It is, if the trainable would be given the same: each hyperparameter has the value that it had, be
it searched, fixed, calculated, or the trainable's own default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hpsearch.common.text import shortened
from hpsearch.common.trial import Value
from hpsearch.experiment.condition import is_number
from hpsearch.experiment.description import describe_parameter
from hpsearch.experiment.parameter import Parameter
from hpsearch.experiment.scalar import form
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.space import in_order
from hpsearch.experiment.values import same_values

UNAMENDABLE = ("trainable", "objective", "seed", "constraints")
"""Sections that say what a trial's value means."""

UNKNOWN = object()
"""The default of a hyperparameter that the trainable does not show."""


@dataclass(frozen=True)
class Amendment:
    """What is known of the trials before an amendment: their experiment, and the trainable's
    defaults for what it does not name."""

    before: Experiment
    defaults: Mapping[str, Any]

    def carry(
        self, searched: Mapping[str, Value], after: Experiment
    ) -> tuple[dict[str, Value], str]:
        """Return a trial's searched hyperparameters in another experiment.

        The second is why it is not one of that experiment, "" if it is.
        """
        had = {**self.defaults, **self.before.meant(searched)}
        found: dict[str, Value] = {}
        problems = []
        for name in in_order(after.space):
            if after.space[name].exists(found):
                own = same_values(after.space[name], had[name]) if name in had else []
                problems += [] if own else [_why(name, after.space[name], had)]
                found |= {name: own[0]} if own else {}
        problems += self._others(searched, after, found) if not problems else []
        return found, "; ".join(problems)

    def _others(
        self, searched: Mapping[str, Value], after: Experiment, found: Mapping[str, Value]
    ) -> Iterator[str]:
        """Find fixed, calculated and left out hyperparameters that have another value now."""
        had, has = self.before.meant(searched), after.meant(found)
        for name in dict.fromkeys([*had, *has]):
            if name in found or after.privacy.hides(name, has.get(name, had.get(name))):
                continue
            default = self.defaults.get(name, UNKNOWN)
            one, other = had.get(name, default), has.get(name, default)
            if one is UNKNOWN or other is UNKNOWN:
                yield f"`{name}` had the trainable's default or has it now, which is not known"
            elif not _is_same(one, other):
                yield f"`{name}` would have another value"
        yield from (f"it violates `{one}`" for one in after.broken(found))


def unamendable(before: Experiment, after: Experiment) -> list[str]:
    """Return the sections that differ and say what a trial's value means."""
    one, other = (e.model_dump(mode="json", include={*UNAMENDABLE}) for e in (before, after))
    return [f"`{key}` was {shortened(one[key])} and is {shortened(other[key])}"
            for key in UNAMENDABLE if one.get(key) != other.get(key)]  # fmt: skip


def _why(name: str, parameter: Parameter, had: Mapping[str, Any]) -> str:
    if name not in had:
        return f"it has no `{name}`"
    bare = parameter.model_copy(update={"when": {}, "prior": None})
    return f"`{name}` is {shortened(had[name])}, not {describe_parameter(bare)}"


def _is_same(one: Any, other: Any) -> bool:
    return form(one) == form(other) or (is_number(one) and is_number(other) and one == other)
