"""Parameter constraints: never proposed, by any sampler; suggestions are refused; seeds repeat."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from optuna.samplers import RandomSampler
from pydantic import ValidationError

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, fit_suggestion
from hpsearch.experiment.requirement import parse_requirement
from hpsearch.strategies import check_strategies
from hpsearch.strategies.allowed import AllowedSampler
from tests.support import Bench, make_experiment

NUMBER = {"type": "int", "low": 1, "high": 4}
SQUARE = {"a": NUMBER, "b": NUMBER}
MIXED: dict[str, Any] = {
    "a": {"type": "float", "low": 0.01, "high": 1.0, "log": True},
    "b": {"type": "float", "low": 0.01, "high": 1.0},
    "kind": {"type": "categorical", "choices": ["x", "y"]},
    "extra": {"type": "int", "low": 1, "high": 9, "when": {"kind": "y"}},
}
SAMPLERS = ["tpe", "random", "qmc", "nsgaii"]
SAMPLERS += [pytest.param(one, marks=pytest.mark.slow) for one in ("forest", "cmaes", "gp")]  # type: ignore[misc]
TRAIN = "def train(params: dict, trial):\n    trial.report(1, {'value': params['a']})\n"
LESS: dict[str, Any] = {"parameter_constraints": ["a < b"]}


def search(bench: Bench, sampler: str, trials: int = 12, **sections: Any) -> list[dict[str, Any]]:
    options = {"n_startup_trials": 3} if sampler in ("tpe", "gp", "forest") else {}
    records = bench.run_code(
        TRAIN, budget={"trials": trials}, sampler={"type": sampler, **options}, **sections
    )
    return [dict(record.params) for record in records]


@pytest.mark.parametrize(
    ("text", "params", "holds"),
    [
        ("a < b", {"a": 1, "b": 2}, True),
        ("a < b", {"a": 1}, None),
        ("1 < a <= 3", {"a": 3}, True),
        ("model.depth * 2 <= ${layer-size}", {"model.depth": 3, "layer-size": 5}, False),
        ("opt == 'sgd' or lr < 0.1", {"opt": "adam", "lr": 0.5}, False),
        ("opt in ['sgd', 'adam'] and not (lr == 1)", {"opt": "adam", "lr": 0.5}, True),
        ("flag or a != 1", {"flag": True, "a": 1}, True),
        ("flag == true", {"flag": 1}, False),
        ("max(a, b) / b < 2", {"a": 1, "b": 0}, False),
    ],
)
def test_a_requirement_is_a_comparison(text: str, params: dict[str, Any], holds: Any) -> None:
    assert parse_requirement(text).holds(params) is holds


@pytest.mark.parametrize(
    "text",
    ["a +", "a + b", "a = b", "a < 'x'", "a < f(b)", "a is b", "a.pop() < 1", "a[0] < 1", ""],
)
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="which is no comparison of hyperparameters"):
        parse_requirement(text)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_sampler_proposes_what_is_forbidden(bench: Bench, sampler: str) -> None:
    space = {k: v for k, v in MIXED.items() if sampler != "cmaes" or k in "ab"}
    found = search(bench, sampler, 8, space=space, parameter_constraints=["a < b"])
    assert len(found) == 8 and all(one["a"] < one["b"] for one in found)
    assert all(("extra" in one) == (one.get("kind") == "y") for one in found)


class Insisting(RandomSampler):
    """Proposes the same, again and again."""

    def sample_independent(self, *given: Any) -> Any:
        return 0.9


def test_a_sampler_that_insists_gets_the_nearest_allowed_configuration(bench: Bench) -> None:
    both = {"type": "float", "low": 0.0, "high": 1.0}
    experiment = make_experiment(space={"a": both, "b": both}, parameter_constraints=["a < b / 2"])
    _, study = bench.make(experiment)
    study._session.study.sampler = AllowedSampler(Insisting(), experiment)
    proposal = study.ask()
    study.close()
    assert proposal is not None
    a, b = (float(str(proposal.params[name])) for name in "ab")
    assert a < b / 2 and (a - 0.9) ** 2 + (b - 0.9) ** 2 < 0.3


@pytest.mark.parametrize("sampler", ["grid", "brute_force"])
def test_a_listing_proposes_each_allowed_configuration_once(bench: Bench, sampler: str) -> None:
    found = search(bench, sampler, 50, space=SQUARE, **LESS)
    pairs = [(one["a"], one["b"]) for one in found]
    assert sorted(pairs) == [(a, b) for a, b in product(range(1, 5), repeat=2) if a < b]


def test_a_listing_has_conditional_parameters_and_takes_suggestions(bench: Bench) -> None:
    space = {"a": NUMBER, "b": {**NUMBER, "when": {"a": {"at_least": 3}}}}
    found = search(bench, "brute_force", 50, space=space, suggestions=[{"b": 4}, {"a": 2}], **LESS)
    assert found[:2] == [{"a": 3, "b": 4}, {"a": 2}]
    assert sorted(map(str, found)) == sorted(map(str, [{"a": 1}, {"a": 2}, {"a": 3, "b": 4}]))


def test_a_seed_repeats_and_a_resumed_search_has_the_same_proposals(tmp_path: Path) -> None:
    sections = {"space": MIXED, "parameter_constraints": ["a + b < 0.3"]}
    whole = search(Bench(tmp_path / "a"), "tpe", 8, **sections)
    resumed = Bench(tmp_path / "b")
    search(resumed, "tpe", 5, **sections)
    assert search(resumed, "tpe", 8, **sections) == whole


def test_a_suggestion_that_cannot_be_allowed_is_refused() -> None:
    experiment = make_experiment(space=SQUARE, **LESS)
    assert not fit_suggestion(experiment, {"a": 3})[1]
    for given, what in [({"a": 3, "b": 2}, "violates"), ({"a": 4}, "cannot be completed")]:
        (misfit,) = fit_suggestion(experiment, given)[1]
        assert what in misfit.what and "`a < b`" in misfit.why


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["a < c"], "`parameter_constraints.0` names `c`, which is in neither"),
        (["a < value"], "names `value`, which is a metric"),
        (["a < 1", "a > b + 3"], "no configuration keeps `a < 1` and `a > b + 3`"),
        (["kind < 3"], "calculates with `kind`, which can be 'x'"),
    ],
)
def test_all_that_is_wrong_is_said_before_anything_starts(texts: list[str], problem: str) -> None:
    kind = {"type": "categorical", "choices": ["x"]}
    with pytest.raises(UserError) as raised:
        Experiment(
            name="a",
            trainable="a.py:b",
            objective="minimize value",
            space={**SQUARE, "kind": kind},
            parameter_constraints=texts,
        )
    assert problem in raised.value.faults[0].why


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x == 'a'", "`x`, which is a number, with 'a'"),
        ("x in [0.5, 'a']", "`x`, which is a number, with 'a'"),
        ("x < 1 / 0", "divides by zero"),
        ("x % 0 < 3", "divides by zero"),
        ("x // (1 - 1) < 3", "divides by zero"),
        ("x", "has `x` alone, which is no comparison"),
        ("not x", "has `x` alone, which is no comparison"),
        ("1 < 2", "names no hyperparameter"),
    ],
)
def test_a_requirement_that_means_nothing_is_refused_with_the_reason(
    text: str, problem: str
) -> None:
    space = {"x": {"type": "float", "low": 0.0, "high": 1.0}}
    with pytest.raises(ValidationError) as caught:
        make_experiment(space=space, parameter_constraints=[text])
    assert problem in str(caught.value)


def test_the_item_of_a_list_is_named_with_dots() -> None:
    params = {"w.0": 1, "m.w.0": 2, "m.w.1": 1, "k": "w.0"}
    for text, names in [
        ("w.0 < 2", ("w.0",)),
        ("m.w.0 >= m.w.1", ("m.w.0", "m.w.1")),
        ("${w.0} * 1.5 < 2.0", ("w.0",)),
        ("k == 'w.0' and w.0 == 1", ("k", "w.0")),
    ]:
        found = parse_requirement(text)
        assert sorted(found.names) == sorted(names) and found.holds(params) is True


def test_a_space_of_which_almost_nothing_is_allowed_is_refused() -> None:
    with pytest.raises(UserError, match="none of 10,000 configurations"):
        Experiment(
            name="a",
            trainable="a.py:b",
            objective="minimize value",
            space={"a": MIXED["b"], "b": MIXED["b"]},
            parameter_constraints=["a == b"],
        )


def test_a_grid_too_large_to_look_through_is_refused() -> None:
    wide = {"type": "int", "low": 1, "high": 400}
    experiment = make_experiment(space={"a": wide, "b": wide}, sampler={"type": "grid"}, **LESS)
    (fault,) = check_strategies(experiment)
    assert "with `parameter_constraints` at most 100,000" in fault.why


def test_what_another_program_enqueued_and_cannot_be_tried_fails_with_the_reason(
    bench: Bench,
) -> None:
    experiment = make_experiment(space=SQUARE, **LESS)
    _, study = bench.make(experiment)
    for params in ({"a": 3, "b": 2}, {"a": 4}, {"a": 3}):
        study._session.study.enqueue_trial(params)
    study.close()
    _, study = bench.make(experiment)
    proposal = study.ask()
    assert proposal is not None and proposal.params == {"a": 3, "b": 4}
    reasons = [record.reason for record in study.records()]
    study.close()
    assert reasons[0].endswith("cannot be tried: it has to keep `a < b`")
    assert "no values of the others were found" in reasons[1] and reasons[2] == ""
