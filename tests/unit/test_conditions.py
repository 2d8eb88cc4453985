"""Conditions hold exactly as they are written; one that never holds is a fault."""

from typing import Any

import pytest
from pydantic import ValidationError

from hpsearch.experiment import Experiment, step_notices
from tests.support import make_experiment

SPACE: dict[str, dict[str, Any]] = {
    "d": {"type": "float", "low": 0.1, "high": 0.5, "step": 0.1},
    "n": {"type": "int", "low": 1, "high": 9, "step": 2},
    "c": {"type": "categorical", "choices": [1, True, 2.0, "off", None]},
    "lr": {"type": "float", "low": 0.1, "high": 1.0},
    "one": {"type": "float", "low": 0.5, "high": 0.5},
}


def with_child(when: dict[str, Any], **more: dict[str, Any]) -> Experiment:
    child = {"type": "int", "low": 0, "high": 1, "when": when}
    return make_experiment(space={**SPACE, **more, "child": child})


@pytest.mark.parametrize(
    ("when", "own"),
    [
        ({"d": 0.3}, {"d": 0.3}),
        ({"n": 3.0}, {"n": 3}),
        ({"c": 1}, {"c": 1}),
        ({"c": True}, {"c": True}),
        ({"c": [2, None]}, {"c": [2.0, None]}),
        ({"one": 0.5}, {"one": 0.5}),
    ],
)
def test_a_condition_is_kept_in_its_parent_s_own_values(
    when: dict[str, Any], own: dict[str, Any]
) -> None:
    assert repr(with_child(when).space["child"].when) == repr(own)


@pytest.mark.parametrize(
    ("when", "part"),
    [
        ({"n": 4}, "can never be"),
        ({"d": 0.35}, "can never be"),
        ({"d": 0.6}, "can never be"),
        ({"n": True}, "can never be"),
        ({"c": 2.5}, "can never be"),
        ({"c": "1"}, "can never be"),
        ({"lr": 0.3}, "only by accident"),
        ({"c": []}, "lists no value of `c`"),
    ],
)
def test_a_condition_that_never_holds_is_refused(when: dict[str, Any], part: str) -> None:
    with pytest.raises(ValidationError, match=part):
        with_child(when)


def test_conditions_that_exclude_each_other_over_a_chain_are_refused_once() -> None:
    middle = {"type": "int", "low": 0, "high": 1, "when": {"c": 1}}
    leaf = {"type": "int", "low": 0, "high": 1, "when": {"child": 1}}
    with pytest.raises(ValidationError, match=r"`space\.child` can never exist") as refused:
        with_child({"c": True, "middle": 1}, middle=middle, leaf=leaf)
    assert str(refused.value).count("can never exist") == 1
    assert with_child({"c": [True, 1], "middle": 1}, middle=middle, leaf=leaf)


def test_a_step_that_misses_the_upper_end_is_said_with_the_true_one() -> None:
    space = make_experiment(
        space={
            "a": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.3},
            "b": {"type": "int", "low": 0, "high": 3, "step": 5},
            "c": {"type": "float", "low": 0.1, "high": 0.5, "step": 0.1},
        }
    ).space
    first, second = step_notices(space)
    assert "`space.a`" in first and first.endswith("the largest value is 0.9")
    assert "`space.b`" in second and second.endswith("the largest value is 0")
