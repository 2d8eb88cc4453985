"""The derived hyperparameters of an experiment: fixed ones that are formulas.

One is absent from a trial that lacks a hyperparameter which it names.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from hpsearch.common.errors import did_you_mean
from hpsearch.common.text import written
from hpsearch.experiment.condition import is_number
from hpsearch.experiment.fixed import label, list_formulas
from hpsearch.experiment.formula import Formula, Incomputable, is_formula, parse_formula
from hpsearch.experiment.parameter import Categorical

if TYPE_CHECKING:
    from hpsearch.experiment.schema import Experiment

ValueOf = Callable[[str, Any], Any]
"""Returns what a hyperparameter's recorded value stands for."""


def formulas_of(params: Mapping[str, object]) -> dict[str, Formula]:
    """Return the formulas among fixed hyperparameters, each after those that it names.

    What is not valid is left out: an old study may have such a text.
    """
    found: dict[str, Formula] = {}
    for name, value in params.items():
        if is_formula(value):
            with suppress(ValueError):
                found[name] = parse_formula(str(value))
    if not found:
        return {}  # the usual case, asked for each trial
    try:
        return {name: found[name] for name in _order(found)}
    except CycleError:
        return {}


def _order(formulas: Mapping[str, Formula]) -> list[str]:
    graph = {name: [n for n in one.names if n in formulas] for name, one in formulas.items()}
    return [*TopologicalSorter(graph).static_order()]


def itself(name: str, value: Any) -> Any:
    """Return the value of a hyperparameter that is recorded as its value."""
    return value


def derive(
    formulas: Mapping[str, Formula], params: Mapping[str, Any], value_of: ValueOf = itself
) -> dict[str, Any]:
    """Return what the formulas come to for the others of a trial; raises Incomputable.

    `value_of` returns the value of a choice that is recorded by its name.
    """
    known = dict(params)
    for name, formula in formulas.items():
        if all(one in known for one in formula.names):
            values = {one: value_of(one, known[one]) for one in formula.names}
            known[name] = formula.value(known if formula.is_copy else values)
    return {name: known[name] for name in formulas if name in known}


def computable(
    formulas: Mapping[str, Formula], params: Mapping[str, Any], value_of: ValueOf = itself
) -> dict[str, Any]:
    """Return what `derive` does, without those that have no value."""
    found: dict[str, Any] = {}
    for name, formula in formulas.items():
        with suppress(Incomputable):
            found |= derive({name: formula}, {**params, **found}, value_of)
    return found


def derived_from(formulas: Mapping[str, Formula], is_one: Callable[[str], bool]) -> list[str]:
    """Return the formulas that name a hyperparameter of a kind, or another such formula."""
    found: list[str] = []
    for name, formula in formulas.items():
        if any(one in found or is_one(one) for one in formula.names):
            found.append(name)
    return found


def derived_problems(experiment: "Experiment") -> list[str]:
    """Return what is wrong with the formulas, each as `what; fix`."""
    problems, formulas = [*list_formulas(experiment.params)], {}
    for name, value in experiment.params.items():
        if is_formula(value):
            try:
                formulas[name] = parse_formula(str(value))
            except ValueError as error:
                problems.append(f"`params.{name}` {error}")
    problems += [
        f"`params.{name}` {problem}"
        for name, formula in formulas.items()
        for problem in _name_problems(experiment, formula)
    ]
    try:
        _order(formulas)
    except CycleError as error:
        first, *others = error.args[1]
        circle = " -> ".join([first, *others])
        problems.append(f"`params.{first}` is circular: {circle}; change one of these formulas")
    return problems or [*_never_computable(experiment)]


def _name_problems(experiment: "Experiment", formula: Formula) -> Iterator[str]:
    for name in dict.fromkeys(formula.names):
        if name not in experiment.params and name not in experiment.space:
            hint = did_you_mean(name, [*experiment.params, *experiment.space]).rstrip("?.")
            yield f"names `{name}`, which is in neither `params` nor `space`; {hint}"
        elif not formula.is_copy:
            for value in not_numbers(experiment, name):
                yield (
                    f"calculates with `{name}`, which can be {written(value)}; use numbers alone, "
                    f"or `${{{name}}}` by itself for a copy"
                )


def not_numbers(experiment: "Experiment", name: str) -> list[Any]:
    """Return a value of a hyperparameter that is no number, if it has one."""
    parameter = experiment.space.get(name)
    values: list[Any] = [experiment.params.get(name)]
    if parameter is not None:
        values = parameter.values if isinstance(parameter, Categorical) else []
    return [one for one in values if not is_number(one) and not is_formula(one)][:1]


def _never_computable(experiment: "Experiment") -> Iterator[str]:
    """Find formulas of fixed hyperparameters alone that have no value: every trial would fail."""
    known = {name: label(v) for name, v in experiment.params.items() if not is_formula(v)}
    for name, formula in experiment.formulas.items():
        try:
            known |= derive({name: formula}, known)
        except Incomputable as error:
            yield f"`params.{name}` has no value: {error}; change the formula"
