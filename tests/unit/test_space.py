"""The search space: what may stand in it, and what comes out of it."""

from collections.abc import Mapping
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from hpsearch.common.trial import Value
from hpsearch.experiment import Parameter, in_order, is_same, own_values
from hpsearch.experiment.values import is_continuous
from hpsearch.strategies.distributions import suggest

PARAMETER: TypeAdapter[Parameter] = TypeAdapter(Parameter)


def parameter(**fields: Any) -> Parameter:
    return PARAMETER.validate_python(fields)


@st.composite
def parameters(draw: st.DrawFn) -> Parameter:
    kind = draw(st.sampled_from(["float", "int", "categorical"]))
    if kind == "categorical":
        choices = draw(
            st.lists(
                st.integers() | st.booleans() | st.text(max_size=5), min_size=1, unique_by=repr
            )
        )
        return parameter(type=kind, choices=choices)
    log = draw(st.booleans())
    numbers = st.integers(1, 10**6) if log else st.integers(-(10**6), 10**6)
    low, high = sorted((draw(numbers), draw(numbers)))
    return parameter(type=kind, low=low, high=high, log=log)


@settings(max_examples=60)
@given(parameters(), st.integers(0, 2**32 - 1))
def test_what_is_proposed_is_always_what_the_parameter_can_be(one: Parameter, seed: int) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    for _ in range(3):
        value = suggest(study.ask(), "x", one)
        if is_continuous(one):
            assert one.type == "float" and isinstance(value, float) and one.low <= value <= one.high
        else:
            assert any(is_same(value, own) for own in own_values(one, value))


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"type": "float", "low": 2.0, "high": 1.0}, "above `high`"),
        ({"type": "float", "low": 0.0, "high": 1.0, "log": True}, "above 0"),
        ({"type": "int", "low": -3, "high": 1, "log": True}, "above 0"),
        ({"type": "float", "low": float("nan"), "high": 1.0}, "finite"),
        ({"type": "float", "low": 0.0, "high": float("inf")}, "finite"),
        (
            {"type": "float", "low": 1.0, "high": 2.0, "log": True, "step": 0.1},
            "cannot be combined",
        ),
        ({"type": "int", "low": 1, "high": 8, "log": True, "step": 2}, "cannot be combined"),
        ({"type": "categorical", "choices": []}, "empty"),
        ({"type": "categorical", "choices": ["a", "b", "a"]}, "twice"),
        ({"type": "int", "low": 1.5, "high": 2}, "integer"),
        ({"type": "float", "low": "1", "high": 2.0}, "number"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(fields: Mapping[str, Any], part: str) -> None:
    with pytest.raises(ValidationError, match=part):
        parameter(**fields)


@pytest.mark.parametrize(
    ("params", "exists"),
    [
        ({"optimizer": "sgd"}, True),
        ({"optimizer": "adam"}, False),
        ({}, False),
    ],
)
def test_a_parameter_exists_only_under_its_condition(
    params: Mapping[str, Value], exists: bool
) -> None:
    one = parameter(type="float", low=0.0, high=1.0, when={"optimizer": ["sgd", "nesterov"]})
    assert one.exists(params) is exists


def test_parents_come_before_their_children_and_circles_are_refused() -> None:
    leaf = parameter(type="int", low=0, high=1, when={"b": 1})
    middle = parameter(type="int", low=0, high=1, when={"c": 1})
    root = parameter(type="int", low=0, high=1)
    assert in_order({"a": leaf, "b": middle, "c": root}) == ["c", "b", "a"]
    circle = parameter(type="int", low=0, high=1, when={"a": 1})
    with pytest.raises(ValueError, match="->"):
        in_order({"a": leaf, "b": circle})


def test_true_and_one_are_different_choices() -> None:
    assert not is_same(True, 1)
    assert not is_same(1.0, 1) and is_same("a", "a")
    assert parameter(type="categorical", choices=[True, 1]) is not None
