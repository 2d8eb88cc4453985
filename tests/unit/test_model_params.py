"""A model's card has hyperparameters by full names, and the code that makes them again."""

import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import attrs
import pytest
from pydantic import BaseModel

from hpsearch.common.privacy import Privacy
from hpsearch.models.params import classes_in, is_beside, params_of, written_out
from hpsearch.trainable import Params


class Shape(NamedTuple):
    rows: int = 1


@attrs.define
class Adam:
    _beta: float = 0.9


class Layers(BaseModel):
    width: int = 8


@dataclass
class Model:
    shape: Shape = field(default_factory=Shape)
    adam: Adam = field(default_factory=Adam)
    layers: Layers = field(default_factory=Layers)
    sizes: list[int] = field(default_factory=lambda: [1, 2])
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Secret(Model):
    api_key: str = ""


def build_model(params: Any) -> None: ...


@pytest.mark.parametrize(
    "params",
    [
        Model(more={"a": {"b": None}}),
        {"model": Model(), "depth": 2},
        Params({"model": {"depth": 2}}),
        Shape(3),
        Adam(0.5),
        Layers(),
    ],
)
def test_the_code_makes_the_same_again(params: Any) -> None:
    known = {kind.__name__: kind for kind in classes_in(params)}
    assert all(
        is_beside(build_model, kind) or kind.__module__ in sys.modules for kind in known.values()
    )
    made = eval(written_out(params, Privacy()), {"__builtins__": {}}, known)
    assert made == params and type(made) is type(params)


def test_names_are_full_and_secrets_hidden() -> None:
    params = Secret(more={"a": {"b": 1}}, api_key="0123456789")
    assert params_of(params) == {
        "shape.rows": 1, "adam.beta": 0.9, "layers.width": 8, "sizes": [1, 2], "more.a.b": 1,
        "api_key": "0123456789",
    }  # fmt: skip
    privacy = Privacy(declared=frozenset({"layers.width"}))
    code = written_out(params, privacy)
    assert "0123456789" not in code and "width=8" not in code


def test_a_class_of_another_module_is_imported_from_there() -> None:
    assert classes_in(Params({"a": Shape()})) == [Params, Shape]
    assert is_beside(build_model, Shape) and is_beside(build_model, Params)
    assert not is_beside(build_model, type("Shape", (), {}))
