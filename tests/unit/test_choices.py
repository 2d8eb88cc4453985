"""Choices that are lists, mappings, null or named: recorded by a label, given as the value."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import (
    Categorical,
    Experiment,
    Int,
    dump_yaml,
    fit_suggestion,
    own_suggestions,
    read_experiment,
    read_stored,
)
from hpsearch.trainable import Given, compare, load_trainable
from hpsearch.trainable.conversion import convert
from hpsearch.trainable.instances import Misfit
from hpsearch.usecases.suggest import read_words
from tests.support import make_experiment
from tests.trainables import called, experiment, live_codes, write

TEXT = """\
name: choices
trainable: a.py:train
objective: {metric: loss, direction: minimize}
space:
  widths: {type: categorical, choices: [[64, 32], [128], {a: [1]}, null, true]}
  size: {type: categorical, choices: {small: {layers: 2}, large: {layers: 8}, none: null}}
  x: {type: int, low: 1, high: 3, when: {widths: [64, 32]}}
  y: {type: int, low: 1, high: 3, when: {widths: [[128], {a: [1]}]}}
  z: {type: int, low: 1, high: 3, when: {size: [small, {layers: 8}]}}
  w: {type: int, low: 1, high: 3, when: {size: {layers: 8}}}
suggestions:
  - {size: small, widths: [128]}
  - {size: {layers: 8}, widths: "[64, 32]", w: 2}
"""


def read(folder: Path, text: str = TEXT) -> Experiment:
    file = folder / "experiment.yaml"
    file.write_text(text)
    return read_experiment(file)


def made(**space: Any) -> Experiment:
    return Experiment(name="n", trainable="a.py:train", objective="minimize loss", space=space)


def test_each_choice_has_a_label_and_the_trainable_gets_its_value(tmp_path: Path) -> None:
    found = read(tmp_path)
    widths, size = found.space["widths"], found.space["size"]
    assert isinstance(widths, Categorical) and isinstance(size, Categorical)
    assert widths.labels == ["[64, 32]", "[128]", "{a: [1]}", None, True]
    assert size.labels == ["small", "large", "none"]
    assert [found.arguments({"widths": one})["widths"] for one in widths.labels] == [
        [64, 32], [128], {"a": [1]}, None, True,
    ]  # fmt: skip
    assert found.arguments({"size": "none", "x": 3}) == {"size": None, "x": 3}


def test_conditions_and_suggestions_name_a_choice_by_its_label_or_value(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert {name: one.when for name, one in found.space.items() if one.when} == {
        "x": {"widths": "[64, 32]"},
        "y": {"widths": ["[128]", "{a: [1]}"]},
        "z": {"size": ["small", "large"]},
        "w": {"size": "large"},
    }
    assert [one.params for one in own_suggestions(found)] == [
        {"size": "small", "widths": "[128]"},
        {"size": "large", "widths": "[64, 32]", "w": 2},
    ]
    words, faults = read_words(["widths=[64, 32]", "size={layers: 8}"], found.space)
    assert faults == []
    assert fit_suggestion(found, words) == ({"widths": "[64, 32]", "size": "large"}, [])


def test_the_stored_experiment_reads_back_as_the_same(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert read_stored(dump_yaml(found.model_dump(mode="json")), tmp_path) == found


def test_python_gives_lists_tuples_and_names() -> None:
    found = made(
        widths=Categorical([[1, 2], (3,)]),
        size=Categorical({"small": {"layers": (2, 3)}, "large": {"layers": (8,)}}),
        depth=Int(1, 3, when={"widths": [(3,)], "size": {"layers": (8,)}}),
    )
    assert found.arguments({"widths": "[3]", "size": "small"}) == {
        "widths": [3],
        "size": {"layers": [2, 3]},
    }
    assert found.space["depth"].when == {"widths": ["[3]"], "size": "large"}


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ("[[1, 2], '[1, 2]']", "has the text '[1, 2]' and a list or mapping like it"),
        ("[{a: 1, b: 2}, {b: 2, a: 1}]", "has {b: 2, a: 1} twice"),
        ("[[1], [1]]", "has [1] twice"),
        ("{a: [.inf]}", "has [inf], which is not a finite number"),
        ("{}", "is empty"),
        ("3", "a list of values, or values by name"),
    ],
)
def test_choices_that_cannot_be_told_apart_are_refused(
    tmp_path: Path, choices: str, said: str
) -> None:
    space = f"space:\n  widths: {{type: categorical, choices: {choices}}}\n"
    with pytest.raises(UserError) as refused:
        read(tmp_path, TEXT[: TEXT.index("space:")] + space)
    (fault,) = refused.value.faults
    assert said in fault.why


def test_equal_numbers_of_different_types_are_different_choices() -> None:
    kinds = Categorical([[1], [1.0], [True], 1, 1.0, True])
    found = made(kinds=kinds)
    values = [found.arguments({"kinds": one})["kinds"] for one in kinds.labels]
    assert repr(values) == repr(kinds.values)


def test_what_no_file_can_hold_is_refused_with_a_way_out() -> None:
    with pytest.raises(UserError) as refused:
        made(kind=Categorical([object(), 1]))
    (fault,) = refused.value.faults
    assert "`space.kind.choices`" in fault.what


class Shape(NamedTuple):
    rows: int
    columns: int = 1


@dataclass
class Size:
    layers: int
    width: float = 0.5


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ([1, 2], list[int], [1, 2]),
        ([1, 2], list, [1, 2]),
        ([1, 2], list[float] | None, [1.0, 2.0]),
        ([1, 2], tuple[int, ...], (1, 2)),
        ([1, "a"], tuple[float, str], (1.0, "a")),
        ([1, 2], tuple, (1, 2)),
        ([1, 2], set[int], {1, 2}),
        ([1, 2], frozenset[int], frozenset({1, 2})),
        ([3], Shape, Shape(3, 1)),
        ([[1], [2, 3]], list[tuple[int, ...]], [(1,), (2, 3)]),
        ([{"layers": 2}], list[Size], [Size(2)]),
        ({"layers": 2}, Size, Size(2)),
        ({"layers": 2}, Size | None, Size(2)),
        ({"layers": 2}, int | Size, Size(2)),
        ({"a": 1}, dict[str, float], {"a": 1.0}),
        ({"a": [1]}, dict[str, list[float]], {"a": [1.0]}),
        ({"a": {"b": 1}}, Any, {"a": {"b": 1}}),
    ],
)  # fmt: skip
def test_a_choice_becomes_what_the_annotation_says(value: Any, hint: Any, expected: Any) -> None:
    found = convert(value, hint)
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ([1, 2], int),
        ([1, "a"], list[int]),
        ([1, 2, 3], tuple[int, int]),
        ([[1]], set[int]),
        ([1, 2, 3], Shape),
        ({"layers": "two"}, Size),
        ({"width": 1}, Size),
        ({"layers": 1, "depth": 2}, Size),
        ({"a": "b"}, dict[str, int]),
        (3, list[int]),
    ],
)
def test_a_choice_that_the_annotation_does_not_admit_is_refused(value: Any, hint: Any) -> None:
    with pytest.raises(Misfit):
        convert(value, hint)


CODE = """\
@dataclass
class Size:
    layers: int

@dataclass
class Q:
    widths: tuple[int, ...] | None
    size: Size
    flag: bool = False

def train(p: Q, trial): return repr(p)
"""
SPACE = {
    "widths": {"type": "categorical", "choices": [[64, 32], [128], None]},
    "size": {"type": "categorical", "choices": {"small": {"layers": 2}, "large": {"layers": 8}}},
    "flag": {"type": "categorical", "choices": [True, False]},
}


def test_the_trainable_s_classes_are_made_of_choices(tmp_path: Path) -> None:
    reference = write(tmp_path, CODE)
    asked = experiment(reference, space=SPACE)
    assert live_codes(asked, tmp_path) == []
    given = asked.arguments({"widths": "[64, 32]", "size": "large", "flag": True})
    said = called(load_trainable(reference, tmp_path), **given)
    assert said == "Q(widths=(64, 32), size=Size(layers=8), flag=True)"


@pytest.mark.parametrize(
    ("name", "choices", "said"),
    [
        ("widths", [[1], ["a"]], "`space.widths` can be ['a']"),
        ("widths", [[1], 3], "`space.widths` can be 3"),
        ("size", {"a": {"layers": 1}, "b": {"layers": "two"}}, "can be {layers: 'two'}"),
        ("size", [{"layer": 1}], "Size has no field `layer`"),
        ("size", [{}], "`layers` of Size is missing"),
    ],
)
def test_every_choice_is_checked_against_the_annotation(
    tmp_path: Path, name: str, choices: Any, said: str
) -> None:
    reference = write(tmp_path, CODE)
    space = {**SPACE, name: {"type": "categorical", "choices": choices}}
    signature = load_trainable(reference, tmp_path).signature
    (fault,) = compare(Given.of(experiment(reference, space=space)), signature)
    assert fault.code == "wrong-parameter-type" and said in f"{fault.what} {fault.why}"


def test_a_named_choice_is_tested_copied_and_listed_as_any_other() -> None:
    sizes = {"small": [64, 32], "large": {"layers": 8}}
    size = {"type": "categorical", "choices": sizes}
    when = {"not": {"size": {"not": [[64, 32]]}}}
    made = make_experiment(
        params={"decoder": "${size}", "units": "${factor} * 3"},
        space={
            "size": size,
            "factor": {"type": "categorical", "choices": {"low": 2, "high": 4}},
            "x": {"type": "int", "low": 1, "high": 3, "when": when},
            "sizes": {"type": "list", "length": 2, "of": size},
        },
    )
    assert made.space["x"].exists({"size": "small"})
    assert not made.space["x"].exists({"size": "large"})
    sizes_of = {"sizes.0": "small", "sizes.1": "large"}
    recorded = made.recorded({"size": "large", "factor": "high", **sizes_of})
    assert recorded["decoder"] == "large" and recorded["units"] == 12
    given = made.arguments(recorded)
    assert given["decoder"] == given["size"] == {"layers": 8}
    assert given["sizes"] == [[64, 32], {"layers": 8}]
