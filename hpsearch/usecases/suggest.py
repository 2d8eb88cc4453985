"""`hpsearch suggest`: hyperparameters that a person wants tried next; also while a driver runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.text import parameters
from hpsearch.common.trial import Value
from hpsearch.experiment import (
    Categorical,
    Experiment,
    Space,
    Suggestion,
    fit_suggestion,
    own_values,
    plain,
    read_value,
)
from hpsearch.store import StudyStore, add_suggestion, study_missing, waiting_suggestions
from hpsearch.usecases import faults
from hpsearch.usecases.view import StudyHandle


def suggest(study: StudyHandle, params: Mapping[str, Any] | Sequence[str]) -> Suggestion:
    """Keep hyperparameters to be tried next, on disk; raises UserError with all their faults.

    `params` is a mapping, or `name=value` words with values as YAML has them. They are tried once,
    by the driver that runs or with the next `run`; the sampler adds the missing ones.
    """
    if isinstance(params, Mapping):
        return _keep(study, plain(params), [])
    if isinstance(params, str) or not isinstance(params, Sequence):
        needed = "a mapping of hyperparameters to values, or a list of `name=value` words"
        raise UserError(faults.argument_wrong("params", params, needed))
    return _keep(study, *read_words(params, study.experiment.space))


def read_words(words: Sequence[str], space: Space) -> tuple[dict[str, Value], list[Fault]]:
    """Return `name=value` words as hyperparameters, and what is wrong with those words."""
    given: dict[str, Value] = {}
    found: list[Fault] = []
    for word in words:
        name, separator, text = str(word).partition("=")
        name = name.strip()
        if not (name and separator) or name in given:
            problem = f"`{name}` is given twice." if name in given else "it has no name or no `=`."
            found.append(faults.bad_suggestion(word, problem))
            continue
        try:
            given[name] = _value(name, text, space)
        except UserError as error:
            found.extend(error.faults)
    return given, found


def tell_unfit(store: StudyStore, experiment: Experiment, notify: Callable[[str], None]) -> None:
    """Say of each suggestion that waits and does not fit the experiment why it is not tried."""
    for one in waiting_suggestions(store):
        _, misfits = fit_suggestion(experiment, one.params)
        if misfits:
            why = "; ".join(map(str, misfits))
            notify(f"the suggestion {parameters(one.params)} cannot be tried: {why}")


def _keep(study: StudyHandle, given: Mapping[str, Any], found: Sequence[Fault]) -> Suggestion:
    name = study.store.name
    if not study.store.exists():
        raise UserError(study_missing(name, study.store.store_address, ()))
    own, misfits = fit_suggestion(study.experiment, given) if given or not found else ({}, [])
    unfit = [faults.suggestion_unfit(name, one.what, one.why, one.fix) for one in misfits]
    if found or unfit:
        raise UserError(*found, *unfit)
    return add_suggestion(study.store, own)


def _value(name: str, text: str, space: Space) -> Any:
    """Return a value as YAML has it; a text that is one of the choices needs no quotes."""
    parameter = space.get(name)
    is_choice = isinstance(parameter, Categorical) and text in parameter.labels
    try:
        value, _ = read_value(text, (name,), "suggest")
    except UserError:
        if not is_choice:
            raise
        return text
    return text if is_choice and not own_values(space[name], value) else value
