"""A journal as an amended experiment reads it: its lines stay, and earlier trials are translated.

An amendment is a record of the journal: the experiment that it ends. A trial proposed before it
that is one of the experiment now has its hyperparameters as they are proposed now; any other has
none for samplers and pruners, and keeps them in an attribute, with the reason. So nothing is lost,
and another amendment can take a trial in again. Whether it counts is decided when the journal is
read, so the one document that has the experiment makes the amendment.

A line that is damaged, or that another program wrote, stays as it is, and so does a trial that
cannot be translated: what reads the journal then says what is wrong with them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial

from hpsearch.common.trial import Value
from hpsearch.experiment import Amendment, Experiment, as_stored
from hpsearch.strategies.distributions import distribution_of, from_optuna, to_optuna
from hpsearch.strategies.journal_format import Code, Log

AMENDMENT = "hpsearch-amendment:"
"""The study's attribute that ends an experiment; a number follows."""

OUTSIDE = "hpsearch-outside"
"""A trial's attribute: its hyperparameters, and why it is none of the experiment."""


@dataclass
class _Earlier:
    """A trial's hyperparameters, as Optuna has them, until an amendment.

    `lines` are those of the journal that gave it one after its creation.
    """

    creation: Log
    params: dict[str, Any] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)
    ended: Amendment | None = None


def outside_of(frozen: FrozenTrial) -> Mapping[str, Any]:
    """Return why a trial is none of the experiment and what it had; empty if it is one."""
    attribute = frozen.user_attrs.get(OUTSIDE)
    return attribute if isinstance(attribute, dict) else {}


def amendment_data(before: Experiment, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attribute that ends an experiment; secrets stay out of it."""
    data = before.model_dump(mode="json")
    hidden = [name for name, value in before.params.items() if before.privacy.hides(name, value)]
    params = {name: value for name, value in data["params"].items() if name not in hidden}
    return {"experiment": {**data, "params": params}, "defaults": dict(defaults)}


def amendment_log(study_id: int, number: int, data: Mapping[str, Any]) -> Log:
    """Return an amendment as a record of the journal."""
    attribute = {f"{AMENDMENT}{number}": dict(data)}
    return {"op_code": Code.SET_STUDY_USER_ATTR, "worker_id": "", "study_id": study_id,
            "user_attr": attribute}  # fmt: skip


def count_amendments(logs: Sequence[Log]) -> int:
    """Return how many amendments the journal has."""
    return sum(_ends_experiment(log) is not None for log in logs)


def translated(logs: Sequence[Log], experiment: Experiment) -> list[Log]:
    """Return the journal's records with earlier trials as the experiment has them now."""
    earlier = _earlier(logs) if count_amendments(logs) else {}
    if not earlier:
        return list(logs)
    creations: dict[int, Log] = {}
    for number, one in earlier.items():
        with suppress(Exception):
            creations[number] = _created(one, experiment)
    carried = {line for number in creations for line in earlier[number].lines}
    found: list[Log] = []
    created = 0
    for line, log in enumerate(logs):
        if log["op_code"] == Code.CREATE_TRIAL:
            found.append(creations.get(created, log))
            created += 1
        elif line not in carried:
            found.append(log)
    return found


def _trial_of(log: Log) -> int:
    """Return which trial a record gives a hyperparameter to; -1 if it does not."""
    trial = log.get("trial_id") if log["op_code"] == Code.SET_TRIAL_PARAM else None
    return trial if isinstance(trial, int) else -1


def _earlier(logs: Sequence[Log]) -> dict[int, _Earlier]:
    """Return the trials that had hyperparameters before an amendment, each with the first."""
    trials: dict[int, _Earlier] = {}
    for line, log in enumerate(logs):
        if log["op_code"] == Code.CREATE_TRIAL:
            trials[len(trials)] = _Earlier(log)
        with suppress(Exception):  # whatever other programs wrote
            _note(trials, line, log)
    return {number: one for number, one in trials.items() if one.ended is not None}


def _note(trials: dict[int, _Earlier], line: int, log: Log) -> None:
    """Take one record into account; raises anything if it is damaged, and changes nothing then."""
    if (data := _ends_experiment(log)) is not None:
        amendment = Amendment(as_stored(data["experiment"]), dict(data["defaults"]))
        for trial in trials.values():
            trial.ended = trial.ended or (amendment if trial.params else None)
    elif log["op_code"] == Code.CREATE_TRIAL:
        trials[len(trials) - 1].params = dict(_template(log))
    elif (one := trials.get(_trial_of(log))) is not None and not one.ended:
        value = _external(log["distribution"], log["param_value_internal"])
        one.params[log["param_name"]] = value
        one.lines.append(line)


def _ends_experiment(log: Log) -> dict[str, Any] | None:
    attributes = log.get("user_attr") if log["op_code"] == Code.SET_STUDY_USER_ATTR else None
    if not isinstance(attributes, dict):
        return None
    return next((v for key, v in attributes.items() if key.startswith(AMENDMENT)), None)


def _template(log: Log) -> Iterator[tuple[str, Any]]:
    for name, value in log.get("params", {}).items():
        yield name, _external(log["distributions"][name], value)


def _external(distribution: str, internal: float) -> Any:
    return json_to_distribution(distribution).to_external_repr(internal)


def _internal(distribution: BaseDistribution, value: Any) -> float:
    return distribution.to_internal_repr(value)


def _created(one: _Earlier, experiment: Experiment) -> Log:
    """Return the creation of an earlier trial with its hyperparameters as they are now."""
    amendment = one.ended or Amendment(experiment, {})
    before, space = amendment.before, experiment.space
    searched: dict[str, Value] = {
        name: from_optuna(before.space[name], value) if name in before.space else value
        for name, value in one.params.items()
    }
    params, why = amendment.carry(searched, experiment)
    mark = {OUTSIDE: {"why": why, "params": before.recorded(searched)}} if why else {}
    made = {} if why else {n: (distribution_of(space[n]), v) for n, v in params.items()}
    return {
        **one.creation,
        "params": {n: _internal(d, to_optuna(space[n], v)) for n, (d, v) in made.items()},
        "distributions": {n: distribution_to_json(d) for n, (d, _) in made.items()},
        "user_attrs": {**one.creation.get("user_attrs", {}), **mark},
    }
