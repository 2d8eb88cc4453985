"""What a trainable takes: found from its source, and the same once it is imported."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment.schema import Experiment
from hpsearch.trainable.loading import load_trainable
from hpsearch.trainable.signature import Signature, compare, live_signature, read_signature

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
    return [fault.code for fault in compare(experiment(**sections), signature)]


def test_the_source_says_the_same_as_the_imported_module(folder: Path) -> None:
    reference = "sample_trainable.py:train"
    static = read_signature(reference, folder)
    live = live_signature(load_trainable(reference, folder))
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


def test_a_trainable_of_an_installed_package_is_found_without_importing_it() -> None:
    assert read_signature("json.decoder:py_scanstring", Path()) == Signature()
    with pytest.raises(UserError, match="no function `nothing`"):
        read_signature("json.decoder:nothing", Path())
