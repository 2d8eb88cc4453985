"""Over random experiments: proposals are what the file says, and `validate` decides for `run`.

What `validate` lets through proposes without an error or a word from Optuna; what it refuses, it
refuses as the user's error.
"""

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hpsearch.common.errors import UserError
from hpsearch.common.proposal import Proposal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState, Value
from hpsearch.experiment import (
    PRUNERS,
    SAMPLERS,
    Experiment,
    as_list,
    dump_yaml,
    in_order,
    is_same,
    own_values,
)
from hpsearch.experiment.existence import find_values
from hpsearch.experiment.values import is_continuous
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy
from hpsearch.usecases import Source, validate
from tests.support import write_trainables

CHOICES: list[Any] = [1, 1.0, True, 0, 0.0, False, None, "1", "true", "null", "off", "010", 2.5]
STRUCTURES: list[Any] = [
    [1, 2],
    [1.0, 2],
    [True],
    [],
    {},
    {"a": 1},
    {"a": [None, "b"]},
    "[1, 2, 3]",
]
ODD = [2**53, 2**53 + 1, 2**63, 10**30, -(2**53), 1e308, -1e308, 1.7e308, 1e-320, 1e-12, 0, 0.1, 3]
SLOW = ("gp", "pbt")  # a proposal of gp takes seconds; pbt needs the length of a training
FAST: list[str] = [kind for kind in SAMPLERS if kind not in SLOW]


@st.composite
def stepped(draw: st.DrawFn) -> dict[str, Any]:
    """Return a float with a step, in decimals, not always a divisor of the range."""
    places = 10 ** draw(st.integers(0, 3))
    low, steps, step = draw(st.integers(-50, 50)), draw(st.integers(0, 6)), draw(st.integers(1, 9))
    rest = draw(st.integers(0, step - 1))
    high = low + steps * step + rest
    return {"type": "float", "low": low / places, "high": high / places, "step": step / places}


@st.composite
def whole(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(-5, 5))
    return {
        "type": "int",
        "low": low,
        "high": low + draw(st.integers(0, 9)),
        "step": draw(st.integers(1, 4)),
    }


listed = st.lists(st.sampled_from([*CHOICES, *STRUCTURES]), min_size=1, max_size=5, unique_by=repr)
named = st.dictionaries(
    st.sampled_from(["small", "1", "on", "a.b", "true"]),
    st.sampled_from([*CHOICES, *STRUCTURES]),
    min_size=1,
    max_size=4,
)
choices = (listed | named).map(lambda some: {"type": "categorical", "choices": some})
continuous = st.tuples(st.floats(1e-6, 1.0), st.floats(0, 1e3), st.booleans()).map(
    lambda t: {"type": "float", "low": t[0], "high": t[0] + t[1], "log": t[2] and t[1] > 0.1}
)


def values_of(fields: Mapping[str, Any]) -> list[Any]:
    """Return the values that a parameter can be asked for; a choice by its name or value."""
    if fields["type"] == "categorical":
        found = fields["choices"]
        return [*found, *found.values()] if isinstance(found, dict) else list(found)
    return [fields["low"]] if fields.get("step") else []


def wants(fields: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return what a condition can want of a parameter: a value, values, a range, or not."""
    values, numbers = values_of(fields), [fields[key] for key in ("low", "high") if key in fields]
    found: list[st.SearchStrategy[Any]] = []
    if values:
        some = st.lists(st.sampled_from(values), min_size=1, max_size=3)
        found += [st.sampled_from(values), some, some.map(lambda these: {"not": these})]
    if numbers:
        bound = st.sampled_from([*numbers, (numbers[0] + numbers[1]) / 2])
        words = st.sampled_from(["at_least", "at_most", "above", "below"])
        found.append(st.dictionaries(words, bound, min_size=1, max_size=2))
    return st.one_of(found)


@st.composite
def conditions(draw: st.DrawFn, space: Mapping[str, Any], depth: int = 2) -> dict[str, Any]:
    """Return a condition on these parameters, of at most this depth."""
    kinds = ["test", "tests", "any", "all", "not"] if depth else ["test", "tests"]
    kind = draw(st.sampled_from(kinds))
    if kind in ("test", "tests"):
        names = draw(st.lists(st.sampled_from([*space]), min_size=1, max_size=len(kind) - 3))
        return {name: draw(wants(space[name])) for name in names}
    if kind == "not":
        return {"not": draw(conditions(space, depth - 1))}
    return {kind: draw(st.lists(conditions(space, depth - 1), min_size=1, max_size=3))}


def is_valid(space: Mapping[str, Any]) -> bool:
    try:
        experiment_of(space=space)
    except ValidationError:
        return False
    return True


@st.composite
def spaces(draw: st.DrawFn, finite: bool) -> dict[str, Any]:
    """Return a space of up to four parameters; some exist only under conditions that can hold."""
    kinds = stepped() | whole() | choices
    space: dict[str, Any] = {}
    for name in ["a", "b.c", "d", "when"][: draw(st.integers(1, 4))]:
        fields = draw(kinds if finite else kinds | continuous)
        if bool(space) and draw(st.booleans()):
            conditional = {**fields, "when": draw(conditions(space))}
            fields = conditional if is_valid({**space, name: conditional}) else fields
        space[name] = fields
    return space


def experiment_of(**sections: object) -> Experiment:
    given = {"name": "sample", "trainable": "samples.py:quadratic", "budget": {"trials": 50}}
    objective = {"metric": "value", "direction": "maximize"}
    return Experiment.model_validate({**given, "objective": objective, **sections})


def propose(experiment: Experiment, most: int) -> list[Mapping[str, Value]]:
    """Return what a study proposes, each trial finished at once; and read back as it was said."""
    with tempfile.TemporaryDirectory() as folder:
        study = OptunaStudy(FolderStudy(Path(folder)), experiment)
        found = []
        for index in range(most):
            proposal = study.ask()
            if proposal is None:
                break
            found.append(proposal.params)
            finish(study, proposal, float(index % 3))
        assert [repr(one.params) for one in study.records()] == [repr(one) for one in found]
        study.close()
    return found


def finish(study: OptunaStudy, proposal: Proposal, value: float) -> None:
    point = Measurement(1, {"value": value}, 0.1)
    study.report(proposal.number, [point])
    record = TrialRecord(
        proposal.number, proposal.seed, proposal.params, TrialState.RUNNING, proposal.started
    )
    done = record.changed(TrialState.COMPLETE, measurements=(point,), values=(value,), best_step=1)
    study.finish(done, ())


def is_true(when: Mapping[str, Any], params: Mapping[str, Value]) -> bool:
    """Return whether a condition holds, from what the guide says of it."""
    results = []
    for key, wanted in when.items():
        if key == "not":
            results.append(not is_true(wanted, params))
        elif key in ("any", "all"):
            parts = [is_true(one, params) for one in wanted]
            results.append(any(parts) if key == "any" else all(parts))
        else:
            results.append(key in params and is_wanted(params[key], wanted))
    return all(results)


def is_wanted(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return any(is_same(value, one) for one in as_list(wanted))
    if "not" in wanted and is_wanted(value, wanted["not"]):
        return False
    return (
        ("at_least" not in wanted or value >= wanted["at_least"])
        and ("at_most" not in wanted or value <= wanted["at_most"])
        and ("above" not in wanted or value > wanted["above"])
        and ("below" not in wanted or value < wanted["below"])
    )


def refuse_wrong(experiment: Experiment, params: Mapping[str, Value]) -> None:
    """Fail unless just the parameters whose conditions hold are there, with values of theirs."""
    for name in in_order(experiment.space):
        parameter = experiment.space[name]
        exists = name in params
        assert exists is is_true(parameter.when, params)
        if exists and not is_continuous(parameter):
            assert any(is_same(params[name], one) for one in own_values(parameter, params[name]))
        elif exists and parameter.type == "float":
            assert parameter.low <= params[name] <= parameter.high  # type: ignore[operator]


@pytest.mark.parametrize("kind", FAST)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), seed=st.integers(0, 2**70))
def test_every_sampler_proposes_the_space_s_own_values_and_repeats(
    kind: str, data: st.DataObject, seed: int
) -> None:
    finite = kind in ("grid", "brute_force")
    space = data.draw(spaces(finite))
    experiment = experiment_of(space=space, sampler={"type": kind}, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = propose(experiment, 6)
        again = propose(experiment, 6)
    assert [repr(one) for one in found] == [repr(one) for one in again]
    for params in found:
        refuse_wrong(experiment, params)
        for name, value in experiment.arguments(params).items():
            is_choice = space[name]["type"] == "categorical"
            assert is_choice or value == params[name]
            assert not is_choice or repr(value) in map(repr, choices_of(space[name]))


def choices_of(fields: Mapping[str, Any]) -> list[Any]:
    found = fields["choices"]
    return [*found.values()] if isinstance(found, dict) else list(found)


@pytest.mark.parametrize("kind", ["grid", "brute_force"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_exhaustive_search_ends_when_every_configuration_was_tried(
    kind: str, data: st.DataObject
) -> None:
    space = dict([*data.draw(spaces(finite=True)).items()][:3])
    experiment = experiment_of(space=space, sampler={"type": kind})
    everything = configurations(experiment, in_order(experiment.space), {})
    if len(everything) > 60:
        return
    found = {repr(sorted(one.items())) for one in propose(experiment, 100)}
    assert found == {repr(sorted(one.items())) for one in everything}


def configurations(
    experiment: Experiment, names: list[str], params: dict[str, Value]
) -> list[dict[str, Value]]:
    """Return every configuration, by going through all of them."""
    if not names:
        return [params]
    parameter = experiment.space[names[0]]
    if not parameter.exists(params):
        return configurations(experiment, names[1:], params)
    if parameter.type == "categorical":
        own: list[Value] = list(parameter.labels)
    else:
        assert parameter.step is not None
        digits = [parameter.low + n * parameter.step for n in range(10)]
        own = [
            own_values(parameter, round(one, 6))[0]
            for one in digits
            if round(one, 6) <= parameter.high
        ]
    return [
        one
        for value in own
        for one in configurations(experiment, names[1:], {**params, names[0]: value})
    ]


@settings(max_examples=200, deadline=None)
@given(space=spaces(finite=True), data=st.data())
def test_values_are_found_just_if_there_are_some(
    space: dict[str, Any], data: st.DataObject
) -> None:
    experiment = experiment_of(space=space)
    own = experiment.space
    everything = configurations(experiment, in_order(own), {})
    names = data.draw(st.lists(st.sampled_from([*own]), min_size=1, unique=True))
    exist = data.draw(st.booleans())
    possible = [one for one in everything if all(name in one for name in names) is exist]
    found = find_values(own, names, {}, exist=exist)
    assert (found is not None) is bool(possible)
    if found is not None:
        fitting = [
            one
            for one in everything
            if all(name in one and is_same(one[name], value) for name, value in found.items())
        ]
        assert fitting and all(one in possible for one in fitting)


numbers = st.sampled_from(ODD) | st.floats(allow_nan=True) | st.integers(-5, 20)
anything = numbers | st.sampled_from(CHOICES) | st.just([1]) | st.just({"a": 1})


@st.composite
def wild_spaces(draw: st.DrawFn) -> dict[str, Any]:
    """Return a space that a person in a hurry might write."""
    space = draw(spaces(finite=False))
    name = draw(st.sampled_from([*space]))
    key = draw(st.sampled_from(["low", "high", "step", "log", "choices", "when", "type"]))
    value = draw(anything | st.just({"a": 0.35}) | st.just([1, [2]]))
    return {**space, name: {**space[name], key: value}} if draw(st.booleans()) else space


OPTIONS = [
    "n_startup_trials",
    "n_ei_candidates",
    "multivariate",
    "group",
    "sigma0",
    "popsize",
    "x0",
]
OPTIONS += [
    "qmc_type",
    "scramble",
    "min_resource",
    "reduction_factor",
    "unit",
    "percentile",
    "lower",
]
OPTIONS += ["patience", "wrapped_pruner", "interval_steps", "max_resource", "prior_weight"]
OPTIONS += [
    "bootstrap_count",
    "restart_strategy",
    "with_margin",
    "gamma",
    "min_early_stopping_rate",
]


def sections(kinds: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a sampler or a pruner with an option that may be wrong."""
    option = st.tuples(st.sampled_from(OPTIONS), anything | st.just({"type": "median"}))
    return st.tuples(st.sampled_from(kinds), st.lists(option, max_size=2)).map(
        lambda t: {"type": t[0], **dict(t[1])}
    )


OVERRIDES = ["space.a.low=0.1", "space.b.c.step=0.3", "space.when.when.a=1", "params.x.y=off"]
OVERRIDES += ["space.a.choices=[1, true]", "seed=99999999999999999999", "budget.trials=10", "x"]
OVERRIDES += ["sampler.n_startup_trials=1", "space.n={type: int, low: 0, high: 3}", "params.k=1:30"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    space=wild_spaces(),
    sampler=st.just({"type": "tpe"}) | sections(FAST),
    pruner=st.just({"type": "median"}) | sections([*PRUNERS]),
    overrides=st.lists(st.sampled_from(OVERRIDES), max_size=2),
)
def test_what_validate_lets_through_can_be_run(
    space: dict[str, Any], sampler: dict[str, Any], pruner: dict[str, Any], overrides: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_trainables(Path(folder))
        file = Path(folder, "experiment.yaml")
        (Path(folder) / "plain.py").write_text("def train(params, trial):\n    ...\n")
        data = {"name": "sample", "trainable": "plain.py:train", "space": space}
        objective = {"metric": "value", "direction": "maximize"}
        file.write_text(
            dump_yaml({**data, "objective": objective, "sampler": sampler, "pruner": pruner})
        )
        try:
            source = Source.read(file, overrides)
            validate(source)
            experiment = source.experiment
        except UserError as refused:
            assert all(fault.what and fault.why and fault.fix for fault in refused.faults)
            assert "Input should" not in str(refused) and "positional argument" not in str(refused)
            return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for params in propose(experiment, 13):
            refuse_wrong(experiment, {k: v for k, v in params.items() if k in experiment.space})
