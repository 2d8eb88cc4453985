"""What an experiment gives compared with what its trainable takes, group by group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hpsearch.common.errors import Fault
from hpsearch.trainable import faults
from hpsearch.trainable.conversion import convert, explain, is_fillable
from hpsearch.trainable.given import Given
from hpsearch.trainable.groups import fields_of, in_groups, is_group
from hpsearch.trainable.hints import describe
from hpsearch.trainable.instances import Misfit
from hpsearch.trainable.parameters import Unfit, signature_of
from hpsearch.trainable.refusals import refusals
from hpsearch.trainable.signature import Field, Signature
from hpsearch.trainable.unions import classes_of

CHANGE_ONE = "change the value, the space or the class."


def compare(given: Given, signature: Signature) -> list[Fault]:
    """Return what is given and the trainable does not take, and the other way round."""
    level = _Level(given, signature)
    return [*level.faults()] or [*level.refused()]


@dataclass(frozen=True)
class _Level:
    """The parameters themselves, or a group of them: the fields of its class, what is given.

    `prefix` is the group's name with a dot. What `default` has needs not be given. `within` is the
    prefix of a group that is made only for trials that have some of it; None: every trial has it.
    """

    given: Given
    signature: Signature
    prefix: str = ""
    default: Any = None
    within: str | None = None

    def faults(self) -> Iterator[Fault]:
        """Yield what is unknown, of another type, or missing, here and in the groups below."""
        if self.signature.fields is None:
            return
        for name, where in self._named():
            own = name.removeprefix(self.prefix)
            if own in self.signature.fields:
                yield from self._misfits(name, self.signature.fields[own].hint)
            elif own.partition(".")[0] not in self.signature.fields and not self.signature.is_open:
                known = leaves(self.signature, self.prefix)
                yield faults.unknown_parameter(where, name, self.signature.type_name, known)
        rest = fields_of(self.default)
        for head, one in self.signature.fields.items():
            if self._named(head):
                yield from self._in_group(head, one)
            elif one.required and head not in rest:
                yield from self._missing(head, one)

    def refused(self) -> Iterator[Fault]:
        """Yield what the classes themselves refuse (pydantic): single values, not combinations."""
        if self.signature.validates:
            yield from self._invalid()
            return
        for head, one in (self.signature.fields or {}).items():
            if self._named(head) and not classes_of(one.hint):
                yield from self._below(head, one).refused()

    def _named(self, group: str = "") -> Sequence[tuple[str, str]]:
        """Return the names at this level, or below a group of it, and their places."""
        prefix = f"{self.prefix}{group}." if group else self.prefix
        whole = [f"{self.prefix}{one}" for one in self.signature.fields or ()] if group else ()
        every = self.given.names.items()
        return [pair for pair in every if pair[0].startswith(prefix) and pair[0] not in whole]

    def _misfits(self, name: str, hint: Any) -> Iterator[Fault]:
        where = self.given.names[name]
        for value in () if self.signature.validates else self.given.values[where]:
            if (fault := _misfit(where, value, hint, value)) is not None:
                yield fault
                return

    def _in_group(self, head: str, one: Field) -> Iterator[Fault]:
        if classes_of(one.hint):
            yield from self._in_union(head, one)
            return
        try:
            level = self._below(head, one)
        except Unfit as why:
            name, annotation = f"{self.prefix}{head}", describe(one.hint)
            for _, where in self._named(head):
                yield faults.no_group(where, name, annotation, str(why), why.fix)
            return
        if level.signature.fields is None and not self.signature.validates:
            for name, where in level._named():
                for value in self.given.values[where]:
                    inside = in_groups({name.removeprefix(level.prefix): value})
                    if (fault := _misfit(where, value, one.hint, inside)) is not None:
                        yield fault
                        break
        yield from level.faults()

    def _in_union(self, head: str, one: Field) -> Iterator[Fault]:
        """Yield what no class of a union takes, else the first group that not just one fits."""
        group, named = f"{self.prefix}{head}", self._named(head)
        signatures = [*map(signature_of, classes_of(one.hint))]
        heads = {f"{group}.{own}" for each in signatures for own in each.fields or ()}
        size, is_open = group.count(".") + 2, any(each.is_open for each in signatures)
        unknown = [pair for pair in named if ".".join(pair[0].split(".")[:size]) not in heads]
        for name, where in () if is_open else unknown:
            known = {own: None for each in signatures for own in leaves(each, f"{group}.")}
            yield faults.unknown_parameter(where, name, describe(one.hint), [*known])
        default = self._default(head, one)
        for shape in () if unknown and not is_open else self.given.shapes.get(group, ()):
            if shape or (one.required and default is None):
                where = f"{named[0][1].partition('.')[0]}.{group}"
                fault = _misfit(where, shape, one.hint, in_groups(shape), default)
                if fault is not None:
                    yield fault
                    return

    def _default(self, head: str, one: Field) -> Any:
        return fields_of(self.default).get(head) or one.default()

    def _below(self, head: str, one: Field) -> "_Level":
        """Return the level of a group; raises Unfit if the field is none."""
        prefix = f"{self.prefix}{head}."
        default = self._default(head, one)
        within = self.within if one.required else prefix
        return _Level(self.given, signature_of(one.hint), prefix, default, within)

    def _missing(self, head: str, one: Field) -> Iterator[Fault]:
        name = f"{self.prefix}{head}"
        is_there = name in self.given.names
        if not is_there and is_group(one.hint):
            yield from self._in_group(head, one)
        elif not is_there or not self._is_there_in_time(name):
            yield self._missed(name, one)

    def _missed(self, name: str, one: Field) -> Fault:
        if self.signature.validates or is_fillable(one.hint):
            return faults.missing_parameter(name, self.signature.type_name, self.within)
        misfit = explain(one.hint)
        return faults.unfillable_parameter(name, misfit.why, misfit.fix)

    def _is_there_in_time(self, name: str) -> bool:
        """Return whether every trial that has some of the group has this, too."""
        if self.given.is_always(name) or self.within is None:
            return self.given.is_always(name)
        return not any(one.startswith(self.within) for one in self.given.sometimes[name])

    def _invalid(self) -> Iterator[Fault]:
        fields = (self.signature.fields or {}).items()
        unions = {
            name for head, one in fields if classes_of(one.hint) for name in self._named(head)
        }
        each = [pair for pair in self._named() if pair not in unions]
        named = {name.removeprefix(self.prefix): where for name, where in each}
        values = {own: self.given.values[where] for own, where in named.items()}
        for own, value, problem in refusals(self.signature, values, self.default):
            yield faults.parameter_type(named[own], value, problem, CHANGE_ONE)


def _misfit(where: str, value: Any, hint: Any, given: Any, default: Any = None) -> Fault | None:
    try:
        convert(given, hint, default)
    except Misfit as misfit:
        return faults.parameter_type(where, value, misfit.why, misfit.fix)
    except Exception as error:  # of a class of the user's own
        problem = f"{type(error).__name__}: {error}."
        return faults.parameter_type(where, value, problem, CHANGE_ONE)
    return None


def leaves(signature: Signature, prefix: str, above: tuple[str, ...] = ()) -> list[str]:
    """Return the full names of all that a signature takes; of a class in itself, its own name."""
    found: list[str] = []
    for head, one in (signature.fields or {}).items():
        inner = signature_of(one.hint) if is_group(one.hint) else None
        if inner is None or inner.type_name in (*above, signature.type_name):
            found.append(f"{prefix}{head}")
        else:
            names = (*above, signature.type_name)
            found += leaves(inner, f"{prefix}{head}.", names)
    return found
