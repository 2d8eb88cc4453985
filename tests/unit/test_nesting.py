"""Hyperparameters in groups are the same as those with dots in their names, wherever they stand."""

from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, Int, fit_suggestion, json_schema, read_experiment

NAMES = st.sampled_from(["a", "b", "type", "low", "choices", "when", "model"])
PARAMETERS: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"type": "int", "low": 0, "high": 3},
        {"type": "float", "low": 0.0, "high": 1.0},
        {"type": "categorical", "choices": ["sgd", None, True]},
    ]
)
VALUES: st.SearchStrategy[Any] = st.sampled_from([1, 0.5, "text", True, None])

TEXT = """\
name: nested
trainable: a.py:train
objective: {metric: loss, direction: minimize}
params:
  model: {name: big, encoder: {heads: 4}}
  model.encoder.act: relu
space:
  model:
    type: {type: categorical, choices: [cnn, mlp]}
    encoder:
      depth: {type: int, low: 1, high: 3, when: {model: {type: cnn}}}
  model.encoder.width: {type: int, low: 8, high: 64, when: {model.encoder.depth: 3}}
suggestions:
  - model: {encoder: {depth: 3}}
    model.encoder.width: 16
"""
OLDER = TEXT.replace("type: {type: cat", "kind: {type: cat").replace("type: cnn", "kind: cnn")


def groups(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return groups of groups of hyperparameters; none is empty."""
    inner: st.SearchStrategy[Any] = st.recursive(
        leaves, lambda below: st.dictionaries(NAMES, below, min_size=1, max_size=3), max_leaves=6
    )
    return st.dictionaries(NAMES, inner, max_size=3)


@st.composite
def rewritten(draw: st.DrawFn, group: dict[str, Any], is_leaf: Any) -> dict[str, Any]:
    """Return the same hyperparameters with some of the groups written with dots instead."""
    found: dict[str, Any] = {}
    for key, value in group.items():
        if is_leaf(value):
            found[key] = value
            continue
        below = draw(rewritten(value, is_leaf))
        if draw(st.booleans()):
            found |= {f"{key}.{name}": one for name, one in below.items()}
        else:
            found[key] = below
    return found


def made(**sections: Any) -> Experiment:
    given = {"name": "n", "trainable": "a.py:train", "objective": "minimize loss", **sections}
    return Experiment(**given)


def read(folder: Path, text: str = TEXT, *overrides: str) -> Experiment:
    file = folder / "experiment.yaml"
    file.write_text(text)
    return read_experiment(file, overrides)


def message(folder: Path, text: str, *overrides: str) -> str:
    with pytest.raises(UserError) as refused:
        read(folder, text, *overrides)
    return str(refused.value)


def is_parameter(value: dict[str, Any]) -> bool:
    return isinstance(value.get("type"), str)


@given(st.data())
def test_groups_and_dots_mean_the_same_in_any_mixture(data: st.DataObject) -> None:
    space, params = data.draw(groups(PARAMETERS)), data.draw(groups(VALUES))
    params = {f"fixed_{name}": value for name, value in params.items()}
    one = made(space=space, params=params)
    other = made(
        space=data.draw(rewritten(space, is_parameter)),
        params=data.draw(rewritten(params, lambda value: not isinstance(value, dict))),
    )
    assert one == other
    assert Experiment.model_validate(one.model_dump(mode="json")) == one


def test_every_section_names_them_in_full(tmp_path: Path) -> None:
    experiment = read(tmp_path)
    assert experiment.params == {
        "model.name": "big", "model.encoder.heads": 4, "model.encoder.act": "relu",
    }  # fmt: skip
    assert [*experiment.space] == ["model.type", "model.encoder.depth", "model.encoder.width"]
    assert experiment.space["model.encoder.depth"].when == {"model.type": "cnn"}
    assert experiment.suggestions == [{"model.encoder.depth": 3, "model.encoder.width": 16}]


def test_the_schema_for_editors_has_groups() -> None:
    import yaml

    given = yaml.safe_load(OLDER)
    jsonschema.validate(given, json_schema())
    given["space"]["model"]["encoder"]["depth"]["low"] = "one"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(given, json_schema())


def test_an_override_reaches_a_name_in_a_group(tmp_path: Path) -> None:
    experiment = read(
        tmp_path, TEXT, "space.model.encoder.depth.high=9", "params.model.encoder.heads=8",
        "params.data={size: {rows: 3}}", "suggestions.0.model.encoder.width=32",
    )  # fmt: skip
    depth = experiment.space["model.encoder.depth"]
    assert depth.type == "int" and depth.high == 9
    assert experiment.params["model.encoder.heads"] == 8
    assert experiment.params["data.size.rows"] == 3
    assert experiment.suggestions[0]["model.encoder.width"] == 32


def test_a_mapping_takes_the_place_of_a_whole_group(tmp_path: Path) -> None:
    experiment = read(tmp_path, TEXT, "params.model={name: small}")
    assert experiment.params == {"model.name": "small"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("low: 1, high: 3", "low: 4, high: 3", ":11: `space.model.encoder.depth` is not valid"),
        ("low: 8", "lwo: 8", ":12: there is no key `space.model.encoder.width.lwo`"),
        ("high: 3, when", "hgh: 3, when", ":11: `space.model.encoder.depth.high` is missing"),
        ("type: int, low: 1", "type: itn, low: 1", "11: `space.model.encoder.depth` is {type"),
        ("      depth: {type: int, low: 1", "      depth: {low: 1", "with a `type`: float, int"),
        ("{type: categorical, choices: [cnn, mlp]}", "cnn", ":9: `space.model.type` is 'cnn'"),
        ("model.encoder.width: {type", "model.encoder: {type", "the group of `model.encoder.dep"),
        ("  model.encoder.act: relu", "  model.encoder.depth: 3", "both `params` and `space`"),
        ("  model.encoder.act:", "  model.encoder.heads:", "lines are 5 and 6"),
        ("{model: {type: cnn}}", "{model: {typ: cnn}}", "names `model.typ`, which is not in"),
    ],
)  # fmt: skip
def test_a_fault_in_a_group_has_its_line_and_full_name(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in TEXT
    assert said in message(tmp_path, TEXT.replace(old, new))


def test_a_fixed_value_among_searched_ones_is_told_where_it_belongs(tmp_path: Path) -> None:
    said = message(tmp_path, TEXT.replace("{type: categorical, choices: [cnn, mlp]}", "cnn"))
    assert "put a value that stays fixed into `params`" in said


def test_a_suggestion_from_python_may_have_groups() -> None:
    experiment = made(space={"model": {"depth": Int(1, 3), "width": Int(8, 64)}})
    own, misfits = fit_suggestion(experiment, {"model": {"depth": 2}, "model.width": 16})
    assert own == {"model.depth": 2, "model.width": 16} and misfits == []
    _, misfits = fit_suggestion(experiment, {"model": {"dept": 2}})
    assert "`model.dept` is not searched" in str(misfits[0]) and "model.depth" in misfits[0].fix
