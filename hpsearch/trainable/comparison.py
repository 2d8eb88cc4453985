"""What an experiment gives compared with what its trainable takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import Fault
from hpsearch.common.trial import Value
from hpsearch.trainable import faults
from hpsearch.trainable.conversion import Misfit, convert, explain, is_fillable
from hpsearch.trainable.signature import Field, Signature

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment, Formula, Parameter


MOST_INTEGERS = 100
"""How many values of a range are checked one by one; no Literal or enum has more in a row."""

BETWEEN = 0.382
"""Where between two bounds a third value is checked; a round number might be in a Literal."""


@dataclass(frozen=True)
class Given:
    """The hyperparameters of an experiment by their place, with values that represent all.

    `always` are those that every trial has.
    """

    values: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    always: Sequence[str] = ()

    @classmethod
    def of(cls, experiment: "Experiment") -> "Given":
        """Return what an experiment gives."""
        from hpsearch.experiment import derived_from  # workers, which compare nothing, load less

        searched = {name: _proposed(p) for name, p in experiment.space.items()}
        fixed = {n: (v,) for n, v in experiment.params.items() if n not in experiment.formulas}
        values: dict[str, Sequence[Value]] = {**fixed, **searched}
        values |= _derived(experiment.formulas, values)
        absent = {name for name, p in experiment.space.items() if p.when}
        absent |= {*derived_from(experiment.formulas, absent.__contains__)}
        place = {name: "space" if name in searched else "params" for name in values}
        return cls(
            {f"{place[name]}.{name}": some for name, some in values.items()},
            [name for name in values if name not in absent],
        )


def _proposed(parameter: "Parameter") -> Sequence[Value]:
    """Return values that a trial can get: the bounds, and enough between them to find a gap."""
    if parameter.type == "categorical":
        return parameter.choices
    low, high = parameter.low, parameter.high
    if parameter.type == "int":
        return (*range(parameter.low, parameter.high, parameter.step)[:MOST_INTEGERS], high)
    return (low, high, *((low + (high - low) * BETWEEN,) if low < high else ()))


def _derived(
    formulas: "Mapping[str, Formula]", values: Mapping[str, Sequence[Value]]
) -> dict[str, Sequence[Value]]:
    """Return values of the derived hyperparameters: for the first and the last of the others."""
    from hpsearch.experiment import computable

    found = dict(values)
    for name, formula in formulas.items():
        if formula.is_copy:
            found[name] = found[formula.names[0]]
        else:
            ends = [{one: some[end] for one, some in found.items() if some} for end in (0, -1)]
            found[name] = [v for given in ends for v in computable({name: formula}, given).values()]
    return {name: found[name] for name in formulas}


def compare(given: Given, signature: Signature) -> list[Fault]:
    """Return what is given and the trainable does not take, and the other way round."""
    if signature.fields is None:
        return []
    found = [
        fault
        for where, values in given.values.items()
        for fault in _misfit(where, values, signature)
    ]
    found += [
        _missing(name, one, signature.type_name)
        for name, one in signature.fields.items()
        if one.required and name not in given.always
    ]
    return found or ([*_refused(given, signature)] if signature.validates else [])


def _misfit(where: str, values: Sequence[Value], signature: Signature) -> list[Fault]:
    fields, name = signature.fields or {}, _name(where)
    if name not in fields:
        unknown = faults.unknown_parameter(where, name, signature.type_name, fields)
        return [] if signature.is_open else [unknown]
    for value in values:
        try:
            convert(value, fields[name].hint)
        except Misfit as misfit:
            return [faults.parameter_type(where, value, misfit.why, misfit.fix)]
    return []


def _missing(name: str, needed: Field, type_name: str) -> Fault:
    if is_fillable(needed.hint):
        return faults.missing_parameter(name, type_name)
    misfit = explain(needed.hint)
    return faults.unfillable_parameter(name, misfit.why, misfit.fix)


def _refused(given: Given, signature: Signature) -> Iterator[Fault]:
    """Yield what the class itself refuses (pydantic): single values, not combinations."""
    sample = {_name(where): values[0] for where, values in given.values.items() if values}
    for where, values in given.values.items():
        for value in values:
            problem = _problem(signature, {**sample, _name(where): value}, _name(where))
            if problem is not None:
                fix = "change the value, the space or the class."
                yield faults.parameter_type(where, value, problem, fix)
                break


def _problem(signature: Signature, params: Mapping[str, Value], name: str) -> str | None:
    try:
        signature.fill(params)
    except Exception as error:  # a user's validator can raise anything
        found: list[dict[str, Any]] = getattr(error, "errors", list)()
        said = [one["msg"] for one in found if one["loc"][:1] == (name,)]
        return f"{signature.type_name} says: {said[0]}." if said else None
    return None


def _name(where: str) -> str:
    return where.partition(".")[2]
