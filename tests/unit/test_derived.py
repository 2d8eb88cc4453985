"""Derived hyperparameters: arithmetic on the others of a trial, and nothing but arithmetic."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hpsearch.common.trial import TrialState, Value
from hpsearch.experiment import Experiment, Incomputable, fit_suggestion
from hpsearch.experiment.formula import parse_formula
from hpsearch.trainable import Given, compare
from hpsearch.trainable.signature import Field, Signature
from tests.support import Bench, make_experiment

SPACE: dict[str, Any] = {
    "filters": {"type": "int", "low": 0, "high": 8},
    "act": {"type": "categorical", "choices": ["relu", None, True]},
    "rate": {"type": "categorical", "choices": [0.5, 2]},
    "child": {"type": "int", "low": 0, "high": 3, "when": {"filters": {"above": 4}}},
}
TRIAL: dict[str, Value] = {"filters": 4, "act": None, "rate": 0.5}


def deriving(formula: str, **params: Value) -> Experiment:
    return make_experiment(space=SPACE, params={"epochs": 3, "x": formula, **params})


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("${filters} * 8", 32),
        ("${filters}*${epochs}+1", 13),
        ("(${filters} - 1) ** 2 // 2", 4),
        ("-${filters} % 3", 2),
        ("${filters} / 8", 0.5),
        ("round(${filters} / 3, 2)", 1.33),
        ("min(${filters}, 2) + max(1, ${epochs}, 2)", 5),
        ("int(${rate} * 5) + float(abs(-2))", 4.0),
        ("${ filters }\n + 1", 5),
        ("${act}", None),
        ("${y} + 1", 9),
    ],
)
def test_a_formula_is_calculated_for_each_trial(formula: str, value: Value) -> None:
    recorded = deriving(formula, y="${filters} * 2").recorded(TRIAL)
    assert recorded["x"] == value and type(recorded["x"]) is type(value)


@pytest.mark.parametrize(
    ("formula", "part"),
    [
        ("runs/${filters}", "`runs` is not arithmetic"),
        ("hello ${filters}", "`hello ${filters}` is not arithmetic"),
        ("${filters}.real", "is not arithmetic"),
        ("__import__('os').getcwd() + ${filters}", "is not arithmetic"),
        ("[${filters}][0]", "is not arithmetic"),
        ("${filters} if ${rate} else 3", "is not arithmetic"),
        ("lambda: ${filters}", "is not arithmetic"),
        ("'a' * ${filters}", "`'a'` is not arithmetic"),
        ("min(${filters})", "`min(${filters})` is not arithmetic"),
        ("${filters", "is not arithmetic"),
        ("(" * 240 + "${filters}" + ")" * 240, "is not arithmetic"),
        ("-" * 600 + "${filters}", "at most 500"),
        ("${filers} + 1", "names `filers`, which is in neither `params` nor `space`; did you mean"),
        ("${x} + 1", "`params.x` is circular"),
        ("${act} + 1", "calculates with `act`, which can be 'relu'"),
        ("${epochs} / 0", "it divides by zero"),
        ("9 ** 9 ** ${epochs}", "the number is too large"),
    ],
)
def test_a_formula_that_never_has_a_value_is_refused(formula: str, part: str) -> None:
    with pytest.raises(ValidationError) as refused:
        deriving(formula)
    assert part in str(refused.value)


def test_a_formula_that_names_a_searched_list_is_refused() -> None:
    widths = {"type": "list", "length": 2, "of": {"type": "int", "low": 1, "high": 9}}
    with pytest.raises(
        ValidationError, match=r"is a list; name an item of it, such as `\$\{w\.0\}`"
    ):
        make_experiment(space={"w": widths}, params={"x": "${w}"})


def test_formulas_that_name_each_other_are_refused() -> None:
    with pytest.raises(ValidationError, match="is circular"):
        deriving("${y} + 1", y="${x} + 1")


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ("1 / ${filters}", "it divides by zero"),
        ("9 ** 9 ** (9 - ${filters})", "the number is too large"),
        ("1e308 * 10 ** (1 - ${filters})", "not a finite real number"),
        ("(${filters} - 1) ** 0.5", "not a finite real number"),
        ("round(1.5, 10 ** 9 + ${filters})", "a whole number of digits"),
    ],
)
def test_a_formula_without_a_value_is_told_with_the_values(formula: str, why: str) -> None:
    experiment = deriving(formula)
    recorded = experiment.recorded({**TRIAL, "filters": 0})
    assert "x" not in recorded
    with pytest.raises(Incomputable, match="for filters = 0") as failed:
        experiment.arguments(recorded)
    assert why in str(failed.value)


def test_a_formula_of_an_absent_parameter_is_absent() -> None:
    experiment = deriving("${child} + 1", y="${x} * 2")
    assert not {"x", "y"} & experiment.arguments(experiment.recorded(TRIAL)).keys()
    recorded = experiment.recorded({**TRIAL, "filters": 5, "child": 2})
    assert (recorded["x"], recorded["y"]) == (3, 6)


expressions = st.recursive(
    st.integers(-9, 9).map(str) | st.just("${filters}"),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.tuples(inner, st.integers(-3, 3)).map(lambda parts: f"({parts[0]} ** {parts[1]})"),
    ),
    max_leaves=6,
)


@given(expressions, st.integers(-3, 9))
def test_a_formula_comes_to_what_python_says(expression: str, filters: int) -> None:
    try:
        expected = eval(expression.replace("${filters}", f"({filters})"))
    except (ArithmeticError, ValueError, MemoryError):
        expected = math.nan
    try:
        value: Any = parse_formula(expression).value({"filters": filters})
    except Incomputable:
        assert isinstance(expected, complex) or not -(2**1024) < expected < 2**1024
    else:
        assert value == expected


def test_what_a_secret_is_derived_from_stays_hidden() -> None:
    experiment = deriving("${api_key}", api_key="abcd1234", y="${x}")
    shown = experiment.privacy.shown(experiment.recorded(TRIAL))
    assert shown["x"] == shown["y"] == shown["api_key"] == "***"


def test_a_suggestion_may_repeat_a_derived_value_and_no_other() -> None:
    experiment = deriving("${filters} * 8")
    params = experiment.recorded(TRIAL)
    assert fit_suggestion(experiment, params) == (TRIAL, [])
    for wrong in ({**params, "x": 31}, {"x": 32}):
        _, (misfit,) = fit_suggestion(experiment, wrong)
        assert misfit.what == "`x` is derived" and "`${filters} * 8`" in misfit.why


def test_the_trainable_is_compared_with_what_formulas_come_to() -> None:
    names = {name: Field(False) for name in (*SPACE, "epochs")}
    for formula, hint, count in [
        ("${filters} * 2", int, 0), ("${filters} / 2", int, 1), ("${filters} / 2", float, 0),
        ("${act}", str, 1), ("1 / ${filters}", float, 0),
    ]:  # fmt: skip
        signature = Signature("P", {**names, "x": Field(True, hint)})
        assert len(compare(Given.of(deriving(formula)), signature)) == count
    required = Signature("P", {**names, "x": Field(True, int)})
    (fault,) = compare(Given.of(deriving("${child} + 1")), required)
    assert "`x`" in fault.what


def test_a_trial_whose_formula_has_no_value_fails_with_the_reason(bench: Bench) -> None:
    code = "def train(params, trial):\n    trial.report(1, {'value': params['x']})\n"
    space = {"n": {"type": "int", "low": 0, "high": 3}}
    records = bench.run_code(
        code, space=space, params={"x": "6 / ${n}"}, sampler={"type": "grid"}, seed=3
    )
    found = {record.params["n"]: record for record in records}
    assert {n: one.params.get("x") for n, one in found.items()} == {0: None, 1: 6, 2: 3, 3: 2}
    assert found[0].state is TrialState.FAILED
    assert found[0].reason == "`6 / ${n}` cannot be computed for n = 0: it divides by zero"
    assert all(one.values == (one.params["x"],) for n, one in found.items() if n)
