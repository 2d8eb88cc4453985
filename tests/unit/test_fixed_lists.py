"""Lists in `params`: given as lists, recorded as their text, secret if an item is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.errors import UserError
from hpsearch.common.text import parameter
from hpsearch.experiment import Experiment, fit_suggestion, read_experiment
from hpsearch.trainable.conversion import fill
from hpsearch.trainable.parameters import signature_of
from hpsearch.usecases.trial_import.csv_trials import read_csv
from tests.support import make_experiment

TOKEN = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
PARAMS: dict[str, Any] = {
    "widths": [64, 32],
    "same": "${widths}",
    "model": {"blocks": [{"out": 3, "act": None}]},
    "twice": "${x} * 2",
}


def made(**params: Any) -> Experiment:
    space = {"x": {"type": "int", "low": 1, "high": 9}}
    return make_experiment(space=space, params={**PARAMS, **params})


@dataclass
class Params:
    widths: tuple[int, ...]
    same: list[int]
    model: dict[str, Any]
    x: int
    twice: int


def test_the_trainable_gets_the_list_and_the_record_has_its_text() -> None:
    experiment = made()
    recorded = experiment.recorded({"x": 3})
    assert recorded["widths"] == recorded["same"] == "[64, 32]"
    assert recorded["model.blocks"] == "[{out: 3, act: null}]"
    given = fill(experiment.arguments(recorded), signature_of(Params))
    assert given == Params((64, 32), [64, 32], {"blocks": [{"out": 3, "act": None}]}, 3, 6)


def test_a_trial_that_changes_its_list_changes_no_other() -> None:
    experiment = made()
    experiment.arguments({"x": 3})
    experiment.arguments(experiment.recorded({"x": 3}))["widths"].append(1)
    assert experiment.arguments(experiment.recorded({"x": 3}))["widths"] == [64, 32]


@pytest.mark.parametrize(
    ("override", "widths"),
    [("params.widths=[1, 2]", [1, 2]), ("params.widths.1=16", [64, 16]), ("params.widths=7", 7)],
)
def test_an_override_replaces_a_list_or_an_item(
    tmp_path: Path, override: str, widths: object
) -> None:
    file = tmp_path / "e.yaml"
    file.write_text(
        "name: a\ntrainable: a.py:train\nobjective: {metric: loss, direction: minimize}\n"
        "params: {widths: [64, 32]}\n"
    )
    assert read_experiment(file, (override,)).params["widths"] == widths


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["${x} * 2"], "has the formula `${x} * 2` in a list"),
        ([{"a": ["${x}"]}], "has the formula `${x}` in a list"),
        ([float("inf")], "must be true, false, a number, a text, null, or a list"),
    ],
)
def test_what_a_list_cannot_hold_is_refused(value: Any, said: str) -> None:
    with pytest.raises((UserError, ValueError)) as raised:
        Experiment._make(made().model_dump() | {"params": {"widths": value, "same": 1}})
    assert said in str(raised.value)


def test_no_formula_calculates_with_a_list() -> None:
    with pytest.raises(ValueError, match="calculates with `widths`, which can be"):
        made(more="${widths} * 2")


@pytest.mark.parametrize(
    "params",
    [{"hosts": ["a", TOKEN]}, {"api_keys": ["abcdefgh"]}, {"hosts": [{"password": "abcdefgh"}]}],
    ids=["by its look", "by its name", "by its key"],
)
def test_a_list_with_a_secret_is_hidden_also_as_text(params: dict[str, Any]) -> None:
    experiment = made(**params)
    (name,) = params
    assert experiment.privacy.shown(experiment.params)[name] == "***"
    assert experiment.privacy.shown(experiment.recorded({"x": 1}))[name] == "***"
    assert experiment.privacy.clean(f"it says {TOKEN} and abcdefgh").count("***") >= 1


@pytest.mark.parametrize("widths", [[64, 32], "[64, 32]"])
def test_all_that_is_recorded_of_a_trial_can_be_suggested_again(widths: object) -> None:
    experiment = made()
    given = {**experiment.recorded({"x": 3}), "widths": widths}
    assert fit_suggestion(experiment, given) == ({"x": 3}, [])
    _, misfits = fit_suggestion(experiment, {"x": 3, "widths": [64]})
    assert [one.what for one in misfits] == ["`widths` is fixed"]


def test_a_table_of_trials_is_read_again_with_lists_and_derived_numbers(tmp_path: Path) -> None:
    file = tmp_path / "trials.csv"
    file.write_text('x,widths,twice,value\n3,"[64, 32]",6,0.5\n')
    (trial,) = read_csv(file, made(), {}).trials
    assert fit_suggestion(made(), trial.params) == ({"x": 3}, [])


def test_a_mapping_in_a_list_is_shown_as_it_is_written() -> None:
    assert parameter([{"act": None, "deep": True}, 0.123456]) == "[{act: null, deep: true}, 0.123]"
