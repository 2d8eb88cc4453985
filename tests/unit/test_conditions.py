"""Conditions hold exactly as they are written; one that never holds is a fault."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment, condition_notices, step_notices
from hpsearch.strategies.configurations import count_configurations
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


# ---- ranges and logic ----------------------------------------------------------------------------

WIDE: dict[str, dict[str, Any]] = {
    "depth": {"type": "int", "low": 1, "high": 8},
    "kind": {"type": "categorical", "choices": ["sgd", "adam", "lion", 4]},
    "rate": {"type": "float", "low": 0.001, "high": 1.0, "log": True},
}


def of_wide(when: Any, **more: dict[str, Any]) -> Experiment:
    child = {"type": "int", "low": 0, "high": 1, "when": when}
    return make_experiment(space={**WIDE, **more, "child": child})


@pytest.mark.parametrize(
    ("when", "held", "not_held"),
    [
        ({"depth": {"at_least": 3}}, {"depth": 3}, {"depth": 2}),
        ({"depth": {"at_most": 3}}, {"depth": 3}, {"depth": 4}),
        ({"depth": {"above": 3}}, {"depth": 4}, {"depth": 3}),
        ({"depth": {"below": 3}}, {"depth": 2}, {"depth": 3}),
        ({"depth": {"above": 2, "below": 4, "not": [4]}}, {"depth": 3}, {"depth": 4}),
        ({"rate": {"at_least": 0.1}}, {"rate": 0.1}, {"rate": 0.0999}),
        ({"kind": {"not": "sgd"}}, {"kind": "adam"}, {"kind": "sgd"}),
        ({"kind": {"not": ["sgd", "adam"]}}, {"kind": "lion"}, {"kind": "adam"}),
        ({"kind": {"at_least": 3}}, {"kind": 4}, {"kind": "sgd"}),
        ({"kind": {"not": "sgd"}}, {"kind": "adam"}, {}),
        ({"not": {"kind": "sgd"}}, {}, {"kind": "sgd"}),
        (
            {"not": {"kind": "sgd", "depth": 1}},
            {"kind": "sgd", "depth": 2},
            {"kind": "sgd", "depth": 1},
        ),
        ({"any": [{"depth": 1}, {"kind": "sgd"}]}, {"depth": 2, "kind": "sgd"}, {"depth": 2}),
        ({"all": [{"depth": 1}, {"kind": "sgd"}]}, {"depth": 1, "kind": "sgd"}, {"depth": 1}),
    ],
)
def test_a_condition_holds_as_it_is_written(
    when: Any, held: dict[str, Value], not_held: dict[str, Value]
) -> None:
    child = of_wide(when).space["child"]
    assert child.exists(held) and not child.exists(not_held)


@pytest.mark.parametrize(
    ("when", "part"),
    [
        ({"depth": {"at_lest": 3}}, "tests `depth` with `at_lest`"),
        ({"depth": {"at_least": "3"}}, "has '3' under `at_least`"),
        ({"depth": {"at_least": float("inf")}}, "write a finite number"),
        ({"depth": {}}, "says nothing of `depth`"),
        ({"depth": {"at_least": 9}}, "`depth` is at least 9, which can never be"),
        ({"depth": {"above": 3, "below": 4}}, "which can never be"),
        ({"kind": {"not": ["sgd", "adam", "lion", 4]}}, "which can never be"),
        ({"kind": {"not": "sdg"}}, "which `kind` can never be"),
        ({"rate": {"above": 1}}, "which can never be"),
        ({"rate": {"at_least": 1.0}}, "which can never be"),
        ({"rate": {"not": 0.5}}, "only by accident"),
        ({"any": []}, "has no condition under `any`"),
        ({"any": "sgd"}, "has no condition under `any`"),
        ({"not": {}}, "has an empty condition under `not`"),
        ({"all": [{"depth": 3}, {}]}, "has an empty condition under `all`"),
        ({"any": [{"depht": 3}]}, "names `depht`, which is not in `space`; did you mean `depth`"),
        ({"not": {"child": 1}}, "circular"),
        ({"all": [{"depth": 3}, {"depth": 4}]}, "`space.child` can never exist"),
        ({"not": {"any": [{"depth": {"below": 4}}, {"depth": {"above": 3}}]}}, "can never exist"),
    ],
)
def test_a_condition_that_says_nothing_or_never_holds_is_refused(when: Any, part: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(part)):
        of_wide(when)


def test_a_parameter_named_like_a_word_of_logic_is_told_from_it() -> None:
    named = {"type": "int", "low": 0, "high": 3}
    assert of_wide({"any": 3}, any=named).space["child"].exists({"any": 3})
    with pytest.raises(ValidationError, match="`any`, which combines conditions and is a para"):
        of_wide({"any": [{"depth": 3}]}, any=named)


def test_a_condition_that_always_holds_is_a_notice() -> None:
    assert condition_notices(of_wide({"depth": {"at_least": 2}}).space) == []
    for when in (
        {"depth": {"at_least": 1}},
        {"any": [{"rate": {"above": 0.5}}, {"not": {"rate": {"above": 0.5}}}]},
    ):
        (notice,) = condition_notices(of_wide(when).space)
        assert "`space.child.when` always holds" in notice


def test_a_condition_that_takes_long_to_decide_is_let_through() -> None:
    bits = {f"b{n:02}": {"type": "int", "low": 0, "high": 1} for n in range(40)}
    pairs = [{"any": [{f"b{n:02}": 0}, {f"b{n + 1:02}": 0}]} for n in range(36)]
    never = [{"any": [{"b37": one}, {"b38": two}]} for one in (0, 1) for two in (0, 1)]
    assert of_wide({"all": [*pairs, *never]}, **bits)


def test_configurations_of_independent_conditions_are_counted_one_by_one() -> None:
    space: dict[str, Any] = {}
    for n in range(60):  # together they have more combinations than can be gone through
        space[f"p{n}"] = {"type": "int", "low": 0, "high": 9}
        when = {f"p{n}": {"at_least": 3, "not": [5, 7]}}
        space[f"c{n}"] = {"type": "int", "low": 1, "high": 4, "when": when}
    assert count_configurations(make_experiment(space=space)) == (5 * 1 + 5 * 4) ** 60
