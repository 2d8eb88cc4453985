"""`--set` reaches every key, also one with dots in its name, and says all that is wrong at once."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, read_experiment

TEXT = """\
name: good
trainable: cnn.py:train
objective: [{metric: a, direction: maximize}, {metric: b, direction: maximize}]
params: {opt.momentum: 0.9}
space:
  opt.lr: &unit {type: float, low: 1e-4, high: 1.0}
  other: *unit
  kind: {type: categorical, choices: [sgd, adam]}
  x: {type: int, low: 0, high: 3, when: {kind: sgd}}
pruner: {type: none}
"""


def read(folder: Path, *overrides: str, text: str = TEXT) -> Experiment:
    file = folder / "experiment.yaml"
    file.write_text(text)
    return read_experiment(file, overrides)


def message(folder: Path, *overrides: str, text: str = TEXT) -> str:
    with pytest.raises(UserError) as refused:
        read(folder, *overrides, text=text)
    return str(refused.value)


@pytest.mark.parametrize(
    "override",
    ["space.opt.lr.high=2", 'space."opt.lr".high=2', "space.opt.lr={type: float, low: 0, high: 2}"],
)
def test_a_name_with_dots_is_reached_as_it_stands_there(tmp_path: Path, override: str) -> None:
    parameter = read(tmp_path, override).space["opt.lr"]
    assert parameter.type == "float" and parameter.high == 2.0


def test_what_an_alias_shares_is_changed_in_one_place_alone(tmp_path: Path) -> None:
    other = read(tmp_path, "space.opt.lr.high=2").space["other"]
    assert other.type == "float" and other.high == 1.0


def test_new_names_with_dots_can_be_added(tmp_path: Path) -> None:
    experiment = read(
        tmp_path, "params.model.depth=3", "params.opt.momentum=0.5",
        "space.data.size={type: int, low: 1, high: 2}", "space.x.when.kind=adam",
    )  # fmt: skip
    assert experiment.params == {"model.depth": 3, "opt.momentum": 0.5}
    assert experiment.space["data.size"].type == "int"
    assert experiment.space["x"].when == {"kind": "adam"}


def test_conditions_are_reached_at_any_depth(tmp_path: Path) -> None:
    when = "{any: [{kind: sgd}, {not: {opt.lr: {at_least: 0.5}}}]}"
    path = "space.x.when.any.1.not.opt.lr.at_least"
    text = TEXT.replace("{kind: sgd}", when)
    experiment = read(tmp_path, f"{path}=0.2", "space.x.when.any.0.kind=adam", text=text)
    assert experiment.space["x"].when == {
        "any": [{"kind": "adam"}, {"not": {"opt.lr": {"at_least": 0.2}}}]
    }
    assert "`space.x.when.any` is a list" in message(
        tmp_path, "space.x.when.any.2.kind=adam", text=text
    )


def test_the_items_and_the_length_of_a_searched_list_are_reached(tmp_path: Path) -> None:
    widths = "{type: list, length: x, of: {type: int, low: 1, high: 9}}"
    text = TEXT.replace("pruner:", f"  net.widths: {widths}\npruner:").replace(
        ", when: {kind: sgd}", ""
    )
    changes = ("space.net.widths.of.high=64", "space.net.widths.length=2")
    experiment = read(tmp_path, *changes, text=text)
    assert [*experiment.space.lists] == ["net.widths"]
    items = [experiment.space[f"net.widths.{n}"] for n in range(2)]
    assert [one.type == "int" and one.high for one in items] == [64, 64]
    of = "space.net.widths.of={type: float, low: 0, high: 1}"
    assert read(tmp_path, of, text=text).space["net.widths.0"].type == "float"
    named = read(
        tmp_path,
        "space.kind.choices={small: [1], large: [2]}",
        text=TEXT.replace(": sgd}", ": small}"),
    )
    assert named.space["kind"].type == "categorical" and named.space["kind"].labels == [
        "small",
        "large",
    ]


def test_items_of_lists_are_reached_by_their_place(tmp_path: Path) -> None:
    experiment = read(
        tmp_path, "objective.1.metric=loss", "space.kind.choices.0=rmsprop", "space.x.when={}"
    )
    assert experiment.objective[1].metric == "loss"
    assert experiment.space["kind"].model_dump()["choices"] == ["rmsprop", "adam"]
    assert "indices are 0 to 1" in message(tmp_path, "objective.2.metric=loss")


def test_a_path_that_two_names_fit_is_refused_with_both(tmp_path: Path) -> None:
    text = TEXT.replace("  x:", "  x.when: {type: int, low: 0, high: 1}\n  x:")
    said = message(tmp_path, "space.x.when.low=1", text=text)
    assert "error[ambiguous-override]" in said
    assert '`space."x.when".low` and `space.x.when.low`' in said


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("name.x=1", "`name` is a single value"),
        ("budget=3", "`budget` is 3"),
        ("params.x=[1", "not plain YAML"),
        ("params.x=a: b: c", "not plain YAML"),
        ("params.x=off", 'write `false`, or `"off"`'),
        ("params.x={a: 1, a: 2}", "appears twice"),
        ("objective={metric: a}", "`objective.direction` is missing"),
        (".x=1", "not valid"),
    ],
)
def test_a_wrong_override_is_one_fault(tmp_path: Path, override: str, part: str) -> None:
    said = message(tmp_path, override)
    assert part in said and said.count("error[") == 1 and "--set" in said


@pytest.mark.parametrize("space", ["3", "text", "[1]"])
def test_a_space_that_is_no_mapping_is_a_fault_beside_an_override(
    tmp_path: Path, space: str
) -> None:
    objective = "{metric: a, direction: maximize}"
    text = f"name: bad\ntrainable: a.py:train\nobjective: {objective}\nspace: {space}\n"
    said = message(tmp_path, "space.x.high=1", "budget.trials=3", text=text)
    assert "error[" in said and "space" in said


def test_the_faults_of_all_overrides_are_said_at_once(tmp_path: Path) -> None:
    said = message(tmp_path, "nonsense", "name.x=3", "params.y=off", "budget.trials=3")
    assert said.count("error[") == 3
