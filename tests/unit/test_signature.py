"""What a trainable takes: found from its source, and the same once it is imported."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment
from hpsearch.trainable import Given, compare, load_trainable, read_signature
from hpsearch.trainable.signature import Signature
from hpsearch.usecases.model.source import source_of
from tests.trainables import write

SOURCE = """\
from dataclasses import dataclass, field
from typing import Literal

@dataclass(frozen=True)
class Params:
    rate: float
    units: int = 8
    kind: Literal["a", "b"] = "a"
    name: str | None = None
    extra: list[int] = field(default_factory=list)

def train(params: Params, trial) -> None: ...
def plain(params, trial) -> None: ...
def by_dict(params: dict, trial) -> None: ...
"""


SIBLINGS = """\
def train(p: P, trial): ...
def build_model(params): ...
def example_input(params): ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sample_trainable.py").write_text(SOURCE)
    return tmp_path


def experiment(**sections: object) -> Experiment:
    objective = {"metric": "value", "direction": "maximize"}
    return Experiment.model_validate(
        {"name": "x", "trainable": "t.py:train", "objective": objective, **sections}
    )


def codes(signature: Signature | None, **sections: object) -> list[str]:
    assert signature is not None
    return [fault.code for fault in compare(Given.of(experiment(**sections)), signature)]


def test_the_source_says_the_same_as_the_imported_module(folder: Path) -> None:
    reference = "sample_trainable.py:train"
    static = read_signature(reference, folder)
    live = load_trainable(reference, folder).signature
    assert static is not None and static.fields is not None and live.fields is not None
    assert static.type_name == live.type_name == "Params"
    for name in ("rate", "units", "kind", "name"):
        assert static.fields[name] == live.fields[name]
    assert static.fields.keys() == live.fields.keys()


@pytest.mark.parametrize("function", ["plain", "by_dict"])
def test_a_plain_dict_takes_everything(folder: Path, function: str) -> None:
    signature = read_signature(f"sample_trainable.py:{function}", folder)
    assert codes(signature, params={"anything": 1}) == []


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"params": {"rate": 0.1}}, []),
        ({"params": {"rate": 1}}, []),
        ({"params": {"rate": 0.1, "unit": 3}}, ["unknown-parameter"]),
        ({}, ["missing-parameter"]),
        ({"params": {"rate": "fast"}}, ["wrong-parameter-type"]),
        ({"params": {"rate": 0.1, "units": 2.5}}, ["wrong-parameter-type"]),
        ({"params": {"rate": 0.1, "units": True}}, ["wrong-parameter-type"]),
        ({"params": {"rate": 0.1, "kind": "c"}}, ["wrong-parameter-type"]),
        ({"params": {"rate": 0.1, "name": None}}, []),
        (
            {
                "params": {"rate": 0.1},
                "space": {"units": {"type": "float", "low": 1.0, "high": 2.0}},
            },
            ["wrong-parameter-type"],
        ),
        (
            {
                "space": {
                    "kind": {"type": "categorical", "choices": ["a", "b"]},
                    "rate": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "a"}},
                }
            },
            ["missing-parameter"],
        ),
    ],
)
def test_what_is_given_is_compared_with_what_is_taken(
    folder: Path, sections: dict[str, object], expected: list[str]
) -> None:
    assert codes(read_signature("sample_trainable.py:train", folder), **sections) == expected


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("missing.py:train", "no-trainable"),
        ("sample_trainable.py:trian", "no-trainable"),
        ("no_such_package.module:train", "no-trainable"),
        ("https://example.org/trainable.py:train", "no-trainable"),  # never fetched
        ("broken.py:train", "broken-trainable"),
    ],
)
def test_a_trainable_that_is_missing_or_broken_is_named(
    folder: Path, reference: str, code: str
) -> None:
    (folder / "broken.py").write_text("def train(:\n")
    for find in (read_signature, load_trainable):
        with pytest.raises(UserError) as refused:
            find(reference, folder)
        assert [fault.code for fault in refused.value.faults] == [code]


def test_a_module_that_fails_on_import_is_told_with_its_traceback(folder: Path) -> None:
    (folder / "raises_on_import.py").write_text("import not_there_at_all\ndef train(p, t): ...\n")
    with pytest.raises(UserError, match="not_there_at_all"):
        load_trainable("raises_on_import.py:train", folder)


def test_a_module_without_functions_is_told_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "without_functions.py").write_text("from functools import wraps\nA = 1\n")
    for find in (read_signature, load_trainable):
        with pytest.raises(UserError, match=r"add such a function:\s+def train\(params, trial\)"):
            find("without_functions.py:train", tmp_path)


def test_only_functions_of_the_module_itself_are_suggested(tmp_path: Path) -> None:
    (tmp_path / "imports_much.py").write_text("from functools import *\ndef fit(p, t): ...\n")
    with pytest.raises(UserError, match="use one of: fit"):
        load_trainable("imports_much.py:train", tmp_path)


@pytest.mark.parametrize(
    ("annotation", "parameter", "expected"),
    [
        ("Literal[1, 3]", {"type": "int", "low": 1, "high": 3}, ["wrong-parameter-type"]),
        ("Literal[1, 3]", {"type": "int", "low": 1, "high": 3, "step": 2}, []),
        ("Literal[1, 2, 3]", {"type": "int", "low": 1, "high": 3}, []),
        ("Level", {"type": "int", "low": 1, "high": 2}, []),
        ("Half", {"type": "float", "low": 0.0, "high": 1.0}, ["wrong-parameter-type"]),
        ("np.int8", {"type": "int", "low": 0, "high": 128}, ["wrong-parameter-type"]),
        ("float", {"type": "int", "low": -(2**53), "high": 2**53}, []),
        ("int", {"type": "int", "low": 3, "high": 3}, []),
    ],
)
def test_what_a_range_can_give_must_fit_between_its_bounds_too(
    tmp_path: Path, annotation: str, parameter: dict[str, object], expected: list[str]
) -> None:
    source = (
        "class Half(Enum):\n    NONE = 0.0\n    ALL = 1.0\n"
        f"@dataclass\nclass Q:\n    x: {annotation}\ndef train(p: Q, trial): ...\n"
    )
    reference = write(tmp_path, source)
    signature = load_trainable(reference, tmp_path).signature
    assert codes(signature, space={"x": parameter}) == expected


def test_a_trial_whose_trainable_was_changed_is_the_users_error(tmp_path: Path) -> None:
    reference = write(tmp_path, SIBLINGS)
    view: Any = SimpleNamespace(
        experiment=experiment(trainable=reference), identity=SimpleNamespace(folder=tmp_path)
    )
    for params in ({"gone": 1}, {"x": "text"}):
        record: Any = SimpleNamespace(params=params)
        with pytest.raises(UserError, match="undo the change"):
            source_of(view, record)
