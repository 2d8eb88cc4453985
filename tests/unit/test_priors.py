"""What people expect: checked, tried first, drawn around, doubted soon, the same after a resume."""

from typing import Any

import pytest

import hpsearch
from hpsearch.common.errors import UserError
from hpsearch.experiment import SAMPLERS, place_of, value_at_place
from hpsearch.store.memory import MemoryStore
from hpsearch.store.suggestions import add_suggestion
from hpsearch.strategies import OptunaStudy
from hpsearch.strategies import suggestions as queue
from hpsearch.usecases import Source
from hpsearch.usecases.identity import find_changes, record_experiment
from tests.support import make_experiment
from tests.unit.test_optuna_study import asked, finish

SPACE: dict[str, Any] = {
    "rate": {"type": "float", "low": 1e-5, "high": 0.1, "log": True, "prior": 1e-3},
    "units": {"type": "int", "low": 8, "high": 64, "step": 8, "prior": 32},
    "kind": {"type": "categorical", "choices": ["sgd", "adam"], "prior": "adam"},
    "momentum": {"type": "float", "low": 0.0, "high": 1.0, "prior": 0.9, "when": {"kind": "sgd"}},
    "free": {"type": "float", "low": 0.0, "high": 1.0},
}
EXPECTED = {"rate": 1e-3, "units": 32, "kind": "adam"}


def proposed(space: dict[str, Any], trials: int, **sections: Any) -> list[dict[str, Any]]:
    study = OptunaStudy(MemoryStore().study("sample"), make_experiment(space=space, **sections))
    found = []
    for _ in range(trials):
        proposal = study.ask()
        if proposal is None:
            break
        finish(study, proposal, 1.0)
        found.append(dict(proposal.params))
    study.close()
    return found


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ({"type": "float", "low": 0.1, "high": 1.0, "prior": 2.0}, "the nearest value, 1.0"),
        ({"type": "float", "low": 0.0, "high": 1.0, "step": 0.25, "prior": 0.3}, "value, 0.25"),
        ({"type": "float", "low": 0.0, "high": 1.0, "prior": float("nan")}, "in that range"),
        ({"type": "int", "low": 1, "high": 9, "step": 2, "prior": 4}, "it must be int 1 to 9"),
        ({"type": "categorical", "choices": ["sgd", "adam"], "prior": "adma"}, "mean `adam`"),
        ({"type": "categorical", "choices": [1, 2], "prior": True}, "it must be one of 1, 2"),
    ],
)
def test_a_prior_that_its_parameter_cannot_have_is_a_fault(
    parameter: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        made_in_python({"x": parameter, "list": _list_of(parameter)})
    text = str(caught.value)
    assert said in text
    assert "`space.x.prior` is" in text and "`space.list.of.prior` is" in text  # all at once


def made_in_python(space: dict[str, Any], **sections: Any) -> hpsearch.Experiment:
    asked = {"trainable": "samples.py:quadratic", "objective": "maximize value", **sections}
    return hpsearch.Experiment(name="sample", space=space, **asked)


def _list_of(parameter: dict[str, Any]) -> dict[str, Any]:
    return {"type": "list", "of": parameter, "length": 2}


@pytest.mark.parametrize("weight", [0, -1.0, float("inf")])
def test_the_weight_of_a_prior_is_a_finite_number_above_zero(weight: float) -> None:
    with pytest.raises(UserError, match="prior_weight"):
        made_in_python({"x": {**SPACE["rate"], "prior_weight": weight}})


@pytest.mark.parametrize(
    "kind", [one for one in SAMPLERS if one not in ("grid", "brute_force", "gp", "pbt")]
)
def test_every_sampler_proposes_the_priors_first(kind: str) -> None:
    first, *others = proposed(SPACE, 3, sampler={"type": kind})
    assert {name: first[name] for name in EXPECTED} == EXPECTED
    assert "momentum" not in first and 0 <= first["free"] <= 1
    assert all(one["units"] % 8 == 0 and 1e-5 <= one["rate"] <= 0.1 for one in others)


@pytest.mark.parametrize("kind", ["grid", "brute_force"])
def test_what_tries_everything_once_begins_at_the_priors(kind: str) -> None:
    space = {
        "a": {"type": "int", "low": 1, "high": 3, "prior": 2},
        "b": {"type": "categorical", "choices": [True, False, None], "prior": False},
    }
    found = proposed(space, 20, sampler={"type": kind})
    assert found[0] == {"a": 2, "b": False}
    assert len(found) == len({repr(one) for one in found}) == 9


def test_each_item_of_a_list_has_the_prior() -> None:
    parameter = {"type": "int", "low": 1, "high": 9, "prior": 4}
    (first,) = proposed({"x": _list_of(parameter)}, 1)
    assert first == {"x.0": 4, "x.1": 4}


def test_proposals_near_the_prior_become_rare_as_trials_finish() -> None:
    space = {"rate": {**SPACE["rate"], "prior_weight": 5.0}}
    rates = [one["rate"] for one in proposed(space, 200, sampler={"type": "random"})]
    near = [3e-4 < rate < 3e-3 for rate in rates]  # at random: every fourth
    assert sum(near[:10]) >= 7 and 0.1 < sum(near[100:]) / 100 < 0.4


def test_a_larger_weight_is_believed_longer() -> None:
    def near(weight: float) -> int:
        space = {"x": {"type": "float", "low": 0.0, "high": 1.0, "prior": 0.1}}
        space["x"]["prior_weight"] = weight
        return sum(one["x"] < 0.4 for one in proposed(space, 60, sampler={"type": "random"}))

    assert near(100.0) > near(1.0) + 10


def test_a_small_space_is_left_to_the_sampler_when_all_near_the_prior_was_tried() -> None:
    space = {"a": {"type": "categorical", "choices": ["x", "y"], "prior": "x"}}
    assert proposed(space, 2)[0] == {"a": "x"}
    assert len(proposed(space, 30, sampler={"type": "tpe"})) == 30


@pytest.mark.parametrize("split", [1, 3])
def test_a_resumed_search_draws_the_same(split: int) -> None:
    at_once = proposed(SPACE, 6, seed=3)
    store, found = MemoryStore().study("sample"), []
    for amount in (split, 6 - split):
        study = OptunaStudy(store, make_experiment(space=SPACE, seed=3))
        for _ in range(amount):
            proposal = asked(study)
            finish(study, proposal, 1.0)
            study.prepare()  # made ahead; lost at the end of the process
            found.append(dict(proposal.params))
        study.close()
    assert found == at_once


def test_a_suggestion_comes_before_a_proposal_near_the_priors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "POLL_SECONDS", 0.0)
    store = MemoryStore().study("sample")
    study = OptunaStudy(store, make_experiment(space=SPACE))
    finish(study, asked(study), 1.0)
    study.prepare()
    add_suggestion(store, {"rate": 0.02})
    assert asked(study).params["rate"] == 0.02


def test_a_prior_may_change_within_a_study() -> None:
    store = MemoryStore().study("sample")
    record_experiment(store, Source.of(make_experiment(space=SPACE)))
    changed = {**SPACE, "rate": {**SPACE["rate"], "prior": 1e-4, "prior_weight": 1.0}}
    assert not find_changes(store, make_experiment(space=changed))
    changed["rate"]["high"] = 0.2
    assert len(find_changes(store, make_experiment(space=changed))) == 1


def test_python_gives_a_prior_too() -> None:
    space = {
        "x": hpsearch.Float(0.0, 1.0, prior=0.5),
        "n": hpsearch.Int(1, 9, prior=3, prior_weight=2.0),
        "c": hpsearch.Categorical({"small": [1, 2], "large": [3, 4]}, prior=[3, 4]),
    }
    assert proposed(space, 1) == [{"x": 0.5, "n": 3, "c": "large"}]


@pytest.mark.parametrize("parameter", [hpsearch.Float(1e-5, 0.1, log=True), hpsearch.Int(3, 9)])
def test_a_value_comes_back_from_its_place(parameter: Any) -> None:
    one = make_experiment(space={"x": parameter}).space["x"]
    assert not isinstance(one, hpsearch.Categorical)
    values = [value_at_place(one, step / 40) for step in range(-5, 46)]
    assert (values[0], values[-1]) == (one.low, one.high) and values == sorted(values)
    assert all(value_at_place(one, place_of(one, v)) == pytest.approx(v) for v in values)


def test_what_is_drawn_around_the_priors_keeps_the_parameter_constraints() -> None:
    space = {
        "low": {"type": "float", "low": 0.0, "high": 1.0, "prior": 0.5},
        "high": {"type": "float", "low": 0.0, "high": 1.0, "prior": 0.55},
    }
    found = proposed(space, 25, parameter_constraints=["low < high"])
    assert found[0] == {"low": 0.5, "high": 0.55}
    assert all(one["low"] < one["high"] for one in found)


def test_priors_that_no_configuration_can_keep_are_a_fault() -> None:
    space = {name: {**SPACE["free"], "prior": 0.5} for name in ("low", "high")}
    with pytest.raises(ValueError, match="priors of `low` and `high` cannot keep `low < high`"):
        make_experiment(space=space, parameter_constraints=["low < high"])
