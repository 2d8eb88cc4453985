"""Lists of searched length: searched item by item, given to the trainable as one list."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import hpsearch
from hpsearch.analysis import searched
from hpsearch.common.trial import Value
from hpsearch.experiment import (
    SAMPLERS,
    Experiment,
    dump_yaml,
    fit_suggestion,
    json_schema,
    left_open,
    read_stored,
)
from hpsearch.trainable import Given, compare
from hpsearch.trainable.signature import Field, Signature
from tests.support import Bench, make_experiment
from tests.unit.test_space_properties import propose

WIDTH = {"type": "int", "low": 16, "high": 256, "log": True}
SPACE: dict[str, Any] = {
    "depth": {"type": "int", "low": 0, "high": 3},
    "widths": {"type": "list", "length": "depth", "of": WIDTH},
}


def with_list(**fields: Any) -> Experiment:
    return make_experiment(space={**SPACE, "widths": {**SPACE["widths"], **fields}})


def test_each_item_is_searched_if_the_list_is_longer_than_its_index() -> None:
    space = make_experiment(space=SPACE).space
    assert [*space] == ["depth", "widths.0", "widths.1", "widths.2"]
    exist = [name for name, one in space.items() if one.exists({"depth": 2})]
    assert exist == ["depth", "widths.0", "widths.1"]


def test_a_list_has_the_conditions_of_its_own_and_of_its_items() -> None:
    of = {**WIDTH, "when": {"depth": {"below": 3}}}
    item = with_list(of=of, when={"depth": {"not": 1}}).space["widths.0"]
    assert [depth for depth in range(4) if item.exists({"depth": depth})] == [2]


@pytest.mark.parametrize(
    ("fields", "params", "value"),
    [
        ({}, {"depth": 2, "widths.1": 32, "widths.0": 64}, [64, 32]),
        ({}, {"depth": 0}, []),
        ({"length": 1}, {"depth": 0, "widths.0": 64}, [64]),
        ({"length": 0}, {"depth": 1}, []),
        ({"when": {"depth": {"above": 1}}}, {"depth": 1}, None),
    ],
)
def test_the_trainable_gets_a_list(
    fields: dict[str, Any], params: dict[str, Value], value: list[int] | None
) -> None:
    given = with_list(**fields).arguments(params)
    assert given == {"depth": params["depth"]} | ({} if value is None else {"widths": value})


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        (
            {"length": "dept"},
            "has the length `dept`, which is not in `space`; did you mean `depth`",
        ),
        ({"length": "epochs"}, "`epochs`, which is fixed; write the number itself"),
        ({"length": "rate"}, "`rate`, which is not always a whole number"),
        ({"length": "long"}, "`long`, which can be 300; a list has from 0 to 256 items"),
        ({"length": "below"}, "`below`, which can be -1"),
        ({"length": -1}, "a whole number from 0 to 256, or the name of a parameter"),
        ({"length": True}, "a whole number from 0 to 256, or the name of a parameter"),
        ({"of": {"type": "list", "length": 1, "of": WIDTH}}, "float', 'int', 'categorical"),
        ({"when": {"dept": 1}}, "`space.widths.when` names `dept`"),
        ({"when": {"widths.0": 16}}, "circular"),
        ({"when": {"depth": 0}}, "`space.widths` can never exist"),
    ],
)
def test_a_list_that_cannot_be_searched_is_one_fault(fields: dict[str, Any], part: str) -> None:
    others = {
        "rate": {"type": "float", "low": 0.0, "high": 1.0},
        "long": {"type": "int", "low": 0, "high": 300},
        "below": {"type": "int", "low": -1, "high": 3},
    }
    space = {**SPACE, **others, "widths": {**SPACE["widths"], **fields}}
    with pytest.raises(ValidationError, match=re.escape(part)) as refused:
        make_experiment(space=space, params={"epochs": 3})
    assert refused.value.error_count() == 1 and str(refused.value).count("; ") <= 1


def test_an_item_cannot_be_named_beside_its_list() -> None:
    with pytest.raises(ValidationError, match="`widths` is a hyperparameter and the group of"):
        make_experiment(space=SPACE, params={"widths.1": 3})


def test_an_experiment_with_lists_is_stored_as_it_was_written() -> None:
    experiment = with_list(when={"depth": [2, 3]})
    text = dump_yaml(experiment.model_dump(mode="json"))
    assert "widths.0" not in text
    again = read_stored(text, Path("experiment.yaml"))
    assert again == experiment and again.space.lists == experiment.space.lists


def test_a_list_is_made_in_python() -> None:
    made = hpsearch.Experiment(
        name="lists",
        trainable=quadratic,
        objective="maximize value",
        space={
            "depth": hpsearch.Int(0, 3),
            "widths": hpsearch.List(hpsearch.Int(16, 256, log=True), "depth"),
        },
    )
    assert made.space == make_experiment(space=SPACE).space
    again = hpsearch.Experiment(
        name="again", trainable=quadratic, objective="maximize value", space=made.space
    )
    assert again.space.lists == made.space.lists


def quadratic(params: dict[str, Any]) -> float:
    return float(len(params["widths"]))


@pytest.mark.parametrize(
    ("given_params", "own"),
    [
        ({"widths": [64, 32]}, {"depth": 2, "widths.0": 64, "widths.1": 32}),
        ({"widths": (64,), "depth": 1}, {"depth": 1, "widths.0": 64}),
        ({"widths": []}, {"depth": 0}),
        ({"widths.1": 20}, {"depth": 2, "widths.1": 20}),
    ],
)
def test_a_suggested_list_suggests_its_length(
    given_params: dict[str, Any], own: dict[str, Value]
) -> None:
    assert fit_suggestion(make_experiment(space=SPACE), given_params) == (own, [])


@pytest.mark.parametrize(
    ("given_params", "part"),
    [
        ({"widths": [64, 32], "depth": 1}, "`widths` has 2 items: it must have 1"),
        ({"widths": [64] * 9}, "`widths` has 9 items: it must have at most"),
        ({"widths": 64}, "`widths` is 64: it is a list"),
        ({"widths": [64, 8]}, "`widths.1` is 8: it must be int 16 to 256"),
        ({"depth": 1, "widths.2": 64}, "`widths.2` exists only if `depth` is above 2"),
    ],
)
def test_a_suggested_list_that_does_not_fit_says_why(
    given_params: dict[str, Any], part: str
) -> None:
    _, (misfit,) = fit_suggestion(make_experiment(space=SPACE), given_params)
    assert part in str(misfit)


def test_a_suggestion_of_the_file_may_have_a_list() -> None:
    assert make_experiment(space=SPACE, suggestions=[{"widths": [64, 32]}])
    with pytest.raises(ValidationError, match="`widths` has 1 item: it must have 2"):
        make_experiment(space=SPACE, suggestions=[{"widths": [64], "depth": 2}])


def test_what_the_sampler_adds_is_told_by_the_list_s_name() -> None:
    assert left_open(make_experiment(space=SPACE).space, {"depth": 2}) == ["widths"]


@pytest.mark.parametrize(
    ("hint", "faults"),
    [(list[int], 0), (list[float], 0), (tuple[int, ...], 0), (list[str], 1), (int, 1)],
)
def test_the_trainable_is_compared_with_lists(hint: Any, faults: int) -> None:
    fields = {"depth": Field(False), "widths": Field(True, hint)}
    signature = Signature("P", fields)
    assert len(compare(Given.of(make_experiment(space=SPACE)), signature)) == faults


def test_a_list_under_a_condition_does_not_fill_a_required_field() -> None:
    signature = Signature("P", {"depth": Field(False), "widths": Field(True, list[int])})
    given_lists = Given.of(with_list(when={"depth": {"above": 1}}))
    (fault,) = compare(given_lists, signature)
    assert "`widths`" in fault.what


@pytest.mark.parametrize("kind", [kind for kind in SAMPLERS if kind not in ("gp", "pbt")])
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(low=st.integers(0, 2), more=st.integers(0, 2), seed=st.integers(0, 2**40))
def test_every_sampler_proposes_lists_of_the_proposed_length(
    kind: str, low: int, more: int, seed: int
) -> None:
    act = {"type": "categorical", "choices": [1, True]}
    space = {
        "depth": {"type": "int", "low": low, "high": low + more},
        "acts": {"type": "list", "length": "depth", "of": act},
        "fixed": {"type": "list", "length": 2, "of": {"type": "int", "low": 0, "high": 3}},
    }
    experiment = make_experiment(space=space, sampler={"type": kind}, seed=seed)
    for params in propose(experiment, 6):
        check_lengths(experiment.arguments(params))


def check_lengths(given_params: Mapping[str, Any]) -> None:
    assert given_params.keys() == {"depth", "acts", "fixed"}
    assert len(given_params["acts"]) == given_params["depth"] and len(given_params["fixed"]) == 2


def test_every_list_is_tried_once_and_recorded_flat(bench: Bench) -> None:
    code = "def train(params, trial):\n    trial.report(1, {'value': sum(params['widths'])})\n"
    space = {
        "depth": {"type": "int", "low": 0, "high": 2},
        "widths": {"type": "list", "length": "depth", "of": {"type": "int", "low": 1, "high": 2}},
    }
    records = bench.run_code(
        code, space=space, sampler={"type": "brute_force"}, budget={"trials": 20}
    )
    assert len(records) == 1 + 2 + 4
    for record in records:
        items: list[Any] = [value for name, value in record.params.items() if name != "depth"]
        assert record.values == (sum(items),) and len(items) == record.params["depth"]


def test_people_see_one_list_and_what_was_derived(bench: Bench) -> None:
    space = {**SPACE, "depth": {"type": "int", "low": 2, "high": 2}}
    sections: dict[str, Any] = {"space": space, "params": {"epochs": 3, "half": "${depth} / 2"}}
    code = "def train(params, trial):\n    trial.report(1, {'value': 1.0})\n"
    (record,) = bench.run_code(code, budget={"trials": 1}, **sections)
    shown = searched(record, make_experiment(**sections))
    widths = [record.params["widths.0"], record.params["widths.1"]]
    assert shown == {"depth": 2, "widths": widths, "half": 1.0}


def test_editors_are_told_of_lists_and_conditions() -> None:
    whole = with_list(when={"any": [{"depth": {"at_least": 2}}, {"not": {"depth": 1}}]})
    written = whole.model_dump(mode="json")
    jsonschema.validate(written, json_schema())
    for wrong in ({"length": -1}, {"of": {"type": "list"}}, {"lenght": 3}):
        written["space"]["widths"] = {**SPACE["widths"], **wrong}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(written, json_schema())
