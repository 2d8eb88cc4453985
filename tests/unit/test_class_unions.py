"""A group that is one of several classes becomes the only one that it fits."""

from pathlib import Path
from typing import Any

import pytest

from hpsearch.trainable import Given, compare, load_trainable
from hpsearch.trainable.conversion import fill
from tests.support import make_experiment
from tests.trainables import write

KINDS = {
    "dataclass": "@dataclass\nclass {name}:\n",
    "attrs": "@attrs.define\nclass {name}:\n",
    "pydantic": "class {name}(BaseModel):\n    model_config = dict(arbitrary_types_allowed=True)\n",
    "TypedDict": "class {name}(TypedDict):\n",
}
FIELDS = {"Adam": "    lr: float\n    beta: float\n", "SGD": "    lr: float\n    momentum: float\n"}
NUMBER = {"type": "float", "low": 0.25, "high": 1.0}
EITHER: dict[str, dict[str, Any]] = {
    "optimizer.kind": {"type": "categorical", "choices": ["adam", "sgd"]},
    "optimizer.lr": NUMBER,
    "optimizer.beta": {**NUMBER, "when": {"optimizer.kind": "adam"}},
    "optimizer.momentum": {**NUMBER, "when": {"optimizer.kind": "sgd"}},
}
TAGGED = """
@dataclass
class Adam:
    kind: Literal["adam"]
    lr: float
    beta: float = 0.9

@dataclass
class SGD:
    kind: Literal["sgd"]
    lr: float
    momentum: float = 0.0
"""
DEFAULTS = """
@dataclass
class Adam:
    lr: float = 0.1
    beta: float = 0.9

@dataclass
class SGD:
    lr: float = 0.2
    momentum: float = 0.5
"""


def source(classes: str, field: str = "optimizer: Adam | SGD", outer: str = "dataclass") -> str:
    head = KINDS[outer].format(name="Params")
    return f"{classes}\n{head}    {field}\n\ndef train(params: Params, trial):\n    return 1\n"


def loaded(folder: Path, code: str) -> Any:
    imports = (
        "import attrs\nfrom dataclasses import dataclass, field\nfrom pydantic import BaseModel\n"
        "from typing import Literal\nfrom typing_extensions import TypedDict\n"
    )
    return load_trainable(write(folder, code, imports=imports), folder).signature


def faults(signature: Any, space: dict[str, Any], **params: Any) -> list[Any]:
    return compare(Given.of(make_experiment(space=space, params=params)), signature)


@pytest.mark.parametrize("outer", ["dataclass", "attrs", "pydantic"])
@pytest.mark.parametrize("kind", [*KINDS])
def test_the_names_of_a_group_choose_its_class(tmp_path: Path, kind: str, outer: str) -> None:
    both = "".join(KINDS[kind].format(name=name) + fields for name, fields in FIELDS.items())
    signature = loaded(tmp_path, source(both, outer=outer))
    space = {"optimizer.lr": NUMBER, "optimizer.momentum": NUMBER}
    assert faults(signature, space) == []
    made = fill({"optimizer.lr": 0.5, "optimizer.momentum": 0.25}, signature).optimizer
    assert kind == "TypedDict" or type(made).__name__ == "SGD"
    values = made if kind == "TypedDict" else {n: getattr(made, n) for n in ("lr", "momentum")}
    assert values == {"lr": 0.5, "momentum": 0.25}


@pytest.mark.parametrize("outer", ["dataclass", "pydantic"])
def test_a_literal_chooses_the_class_of_each_trial(tmp_path: Path, outer: str) -> None:
    signature = loaded(tmp_path, source(TAGGED, outer=outer))
    assert faults(signature, EITHER) == []
    made = fill({"optimizer.kind": "adam", "optimizer.lr": 0.5}, signature).optimizer
    assert type(made).__name__ == "Adam"


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"optimizer.lr": NUMBER}, "`lr` fits Adam and SGD"),
        ({"optimizer.beta": NUMBER, "optimizer.momentum": NUMBER}, "fits none of its classes"),
        ({"optimizer.lr": NUMBER, "optimizer.momentun": NUMBER}, "optimizer.momentun"),
        (
            {"optimizer.lr": NUMBER, "optimizer.beta": {**NUMBER, "when": {"x": 1}},
             "x": {"type": "int", "low": 1, "high": 2}},
            "`lr` fits Adam and SGD",
        ),
    ],
    ids=["both", "none", "unknown", "both in some trials"],
)  # fmt: skip
def test_a_group_that_fits_not_just_one_class_is_a_fault(
    tmp_path: Path, space: dict[str, Any], said: str
) -> None:
    signature = loaded(tmp_path, source(DEFAULTS, "optimizer: Adam | SGD\n    x: int = 1"))
    (fault,) = faults(signature, space)
    assert said in str(fault)


def test_a_choice_that_only_some_trials_have_is_looked_at(tmp_path: Path) -> None:
    kinds = {"type": "categorical", "choices": ["adam", "sgd", "lion"]}
    (fault,) = faults(loaded(tmp_path, source(TAGGED)), {**EITHER, "optimizer.kind": kinds})
    assert "lion" in fault.what and "fits none of its classes" in fault.why


def test_the_default_says_which_class_is_meant_if_both_fit(tmp_path: Path) -> None:
    default = "optimizer: Adam | SGD = field(default_factory=lambda: SGD(momentum=0.75))"
    signature = loaded(tmp_path, source(DEFAULTS, default))
    assert faults(signature, {"optimizer.lr": NUMBER}) == []
    made = fill({"optimizer.lr": 0.5}, signature).optimizer
    assert (type(made).__name__, made.lr, made.momentum) == ("SGD", 0.5, 0.75)
    other = fill({"optimizer.beta": 0.5}, signature).optimizer
    assert (type(other).__name__, other.lr) == ("Adam", 0.1)


def test_an_optional_group_is_made_for_trials_that_have_some_of_it(tmp_path: Path) -> None:
    fields = "optimizer: Adam | SGD | None = None\n    use: bool = True"
    signature = loaded(tmp_path, source(TAGGED, fields))
    use = {"type": "categorical", "choices": [True, False]}
    used = {n: {**one, "when": {**one.get("when", {}), "use": True}} for n, one in EITHER.items()}
    assert faults(signature, {"use": use, **used}) == []
    assert fill({"use": False}, signature).optimizer is None


def test_a_required_group_that_a_trial_lacks_is_a_fault(tmp_path: Path) -> None:
    space = {"use": {"type": "categorical", "choices": [True, False]},
             "optimizer.beta": {**NUMBER, "when": {"use": True}}}  # fmt: skip
    signature = loaded(tmp_path, source(DEFAULTS, "optimizer: Adam | SGD\n    use: bool = True"))
    (fault,) = faults(signature, space)
    assert "nothing fits Adam and SGD" in fault.why


@pytest.mark.parametrize(
    "given", [{"lr": 0.5}, {"lr": 0.5, "nesterov": True}], ids=["both fit", "none fits"]
)
def test_an_optional_group_is_never_left_as_a_mapping(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    code = source(DEFAULTS, "optimizer: Adam | SGD | None = None")
    signature = loaded(tmp_path, code)
    params = {f"optimizer.{name}": value for name, value in given.items()}
    assert len(faults(signature, {}, **params)) == 1
    with pytest.raises(TypeError, match="fits"):
        fill(params, signature)


def test_no_mapping_is_none(tmp_path: Path) -> None:
    code = source(DEFAULTS, "steps: list[Adam | None]")
    (fault,) = faults(loaded(tmp_path, code), {}, steps=[{"nesterov": True}])
    assert fault.code == "wrong-parameter-type"


def test_what_pydantic_refuses_in_each_class_is_said_in_short(tmp_path: Path) -> None:
    classes = "".join(
        f"class {name}(BaseModel):\n    kind: Literal['{name.lower()}']\n    lr: float\n"
        for name in ("Adam", "SGD")
    )
    signature = loaded(tmp_path, source(classes, outer="pydantic"))
    kinds = {"type": "categorical", "choices": ["adam", "lion"]}
    (fault,) = faults(signature, {"optimizer.lr": NUMBER, "optimizer.kind": kinds})
    assert "Adam: `kind`: Input should be 'adam'. SGD: `kind`: Input" in fault.why
