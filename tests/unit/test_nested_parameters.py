"""A trainable's classes in classes are filled and checked field by field, by full names."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.common.errors import UserError
from hpsearch.trainable import Given, compare, load_trainable
from hpsearch.trainable.groups import Params, in_groups
from tests.trainables import called, experiment, live_codes, write

CONFIG = "dict(arbitrary_types_allowed=True)"  # of attrs, in a class of pydantic
KINDS = {
    "dataclass": "@dataclass\nclass {name}:\n",
    "frozen": "@dataclass(frozen=True, kw_only=True)\nclass {name}:\n",
    "attrs": "@attrs.define\nclass {name}:\n",
    "pydantic": f"class {{name}}(BaseModel):\n    model_config = {CONFIG}\n",
    "checked": f"@checked(config={CONFIG})\nclass {{name}}:\n",
    "NamedTuple": "class {name}(NamedTuple):\n",
    "TypedDict": "class {name}(TypedDict):\n",
    "open": f"class {{name}}(BaseModel):\n    model_config = {CONFIG[:-1]}, extra='allow')\n",
}
ANY_NAME = ["dict", "dict[str, Any]", "Mapping", "Any", "typing.MutableMapping[str, Any]"]
NAMES = st.sampled_from(["a", "b", "c", "depth", "type"])
GROUPS: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 9),
    lambda below: st.dictionaries(NAMES, below, min_size=1, max_size=3),
    max_leaves=8,
)
TREES = st.dictionaries(NAMES, GROUPS, min_size=1, max_size=3)


def flat(group: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in group.items():
        is_group = isinstance(value, dict)
        found |= flat(value, f"{above}{name}.") if is_group else {above + name: value}
    return found


def as_dict(value: Any) -> Any:
    """Return nested instances, of whichever class, as nested dicts."""
    if isinstance(value, int):
        return value
    if not isinstance(value, Mapping):
        names = getattr(value, "_fields", None) or getattr(value, "__attrs_attrs__", None)
        names = [getattr(one, "name", one) for one in names] if names else vars(value)
        value = {name: getattr(value, name) for name in names}
    return {name: as_dict(one) for name, one in value.items()}


@st.composite
def classes(draw: st.DrawFn, tree: dict[str, Any], numbers: Any) -> tuple[str, str]:
    """Return the source of a class with these fields, and its name; groups are any kind."""
    source, lines = "", []
    for name, value in tree.items():
        annotation = "int"
        if isinstance(value, dict):
            source_below, annotation = draw(st.one_of(classes(value, numbers), any_name()))
            source += source_below
        lines.append(f"    {name}: {annotation}\n")
    name = f"C{next(numbers)}"
    kind = draw(st.sampled_from([*KINDS.values()]))
    return source + kind.format(name=name) + "".join(lines), name


def any_name() -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from([("", annotation) for annotation in ANY_NAME])


@given(TREES)
def test_names_in_full_and_groups_are_the_same(tree: dict[str, Any]) -> None:
    assert in_groups(flat(tree)) == tree


@given(TREES)
def test_a_dict_has_the_groups_and_answers_to_full_names(tree: dict[str, Any]) -> None:
    given = flat(tree)
    params = Params(in_groups(given))
    assert dict(params) == tree == {**params}
    for name, value in given.items():
        assert params[name] == value == params.get(name) and name in params
    assert "a.gone" not in params and params.get("gone.a") is None
    with pytest.raises(KeyError, match=r"gone\.a"):
        params["gone.a"]


@pytest.mark.parametrize("annotation", ["", ": dict", ": Any", ": dict[str, Any]"])
def test_a_trainable_that_was_written_for_flat_names_goes_on_working(
    tmp_path: Path, annotation: str
) -> None:
    code = f"def train(p{annotation}, trial): return p['a.b'], p.get('a.c.d'), 'a.c.d' in p, p\n"
    trainable = load_trainable(write(tmp_path, code), tmp_path)
    given = {"a.b": 1, "a.c.d": None, "e": 2}
    assert called(trainable, **given) == (1, None, True, {"a": {"b": 1, "c": {"d": None}}, "e": 2})
    code = f"def train(p{annotation}, trial): return type(p)\n"
    assert called(load_trainable(write(tmp_path, code), tmp_path), e=2) is dict


@settings(max_examples=150)
@given(data=st.data(), tree=TREES)
def test_classes_of_any_kind_in_each_other_get_every_field(
    tmp_path: Path, data: st.DataObject, tree: dict[str, Any]
) -> None:
    source, name = data.draw(classes(tree, itertools.count()))
    train = f"def train(p: {name}, trial): return p\n"
    reference = write(tmp_path, f"from typing_extensions import TypedDict\n{source}\n{train}")
    params = flat(tree)
    assert live_codes(experiment(reference, params=params), tmp_path) == []
    assert as_dict(called(load_trainable(reference, tmp_path), **params)) == tree


@settings(max_examples=60)
@given(data=st.data(), tree=TREES)
def test_a_name_left_out_or_misspelt_is_told_in_full(
    tmp_path: Path, data: st.DataObject, tree: dict[str, Any]
) -> None:
    kind = data.draw(st.sampled_from([one for one in KINDS if one != "open"]))
    numbers = itertools.count()
    source, name = strict_class(tree, kind, numbers)
    reference = write(tmp_path, f"{source}\ndef train(p: {name}, trial): return p\n")
    params = flat(tree)
    gone = data.draw(st.sampled_from([*params]))
    left = {one: value for one, value in params.items() if one != gone}
    (fault,) = faults_of(tmp_path, reference, params=left)
    assert fault.code == "missing-parameter" and f"`{gone}`" in fault.what
    (fault,) = faults_of(tmp_path, reference, params={**params, f"{gone}_": 1})
    assert fault.code == "unknown-parameter" and f"`params.{gone}_`" in fault.what
    assert gone in fault.fix


def strict_class(tree: dict[str, Any], kind: str, numbers: Any) -> tuple[str, str]:
    source, lines = "", []
    for name, value in tree.items():
        annotation = "int"
        if isinstance(value, dict):
            below, annotation = strict_class(value, kind, numbers)
            source += below
        lines.append(f"    {name}: {annotation}\n")
    name = f"C{next(numbers)}"
    return source + KINDS[kind].format(name=name) + "".join(lines), name


def faults_of(folder: Path, reference: str, **sections: Any) -> list[Any]:
    try:
        signature = load_trainable(reference, folder).signature
    except UserError as error:
        return list(error.faults)
    return compare(Given.of(experiment(reference, **sections)), signature)


MODEL = """\
{kind}
class Encoder{base}:
    width: int = 32
    depth: int = 2

{kind}
class Model{base}:
    encoder: Encoder{default}
    rate: float = 0.5

{kind}
class Q{base}:
    model: Model{model}
    x: float = 1

def train(p: Q, trial): return p
"""
FACTORY = " = field(default_factory=lambda: Encoder(width=64))"
DEFAULTS = [
    ("@dataclass", "", FACTORY, ""),
    ("@dataclass", "", FACTORY, " = field(default_factory=lambda: Model(rate=0.25))"),
    ("@attrs.define", "", " = attrs.field(factory=lambda: Encoder(width=64))", ""),
    ("", "(BaseModel)", " = Encoder(width=64)", ""),
    ("", "(BaseModel)", " = Field(default_factory=lambda: Encoder(width=64))", ""),
    ("@checked", "", FACTORY, ""),
    ("", "(NamedTuple)", " = Encoder(width=64)", ""),
    ("", "(NamedTuple)", " = Encoder(64)", " = Model(Encoder(64), rate=0.25)"),
]


@pytest.mark.parametrize(("kind", "base", "default", "model"), DEFAULTS)
def test_what_is_not_given_of_a_group_its_default_has(
    tmp_path: Path, kind: str, base: str, default: str, model: str
) -> None:
    reference = write(tmp_path, MODEL.format(kind=kind, base=base, default=default, model=model))
    params = {"model.encoder.depth": 3}
    assert live_codes(experiment(reference, params=params), tmp_path) == []
    assert as_floats(called(load_trainable(reference, tmp_path), **params)) == {
        "model": {"encoder": {"width": 64, "depth": 3}, "rate": 0.25 if "0.25" in model else 0.5},
        "x": 1,
    }


def as_floats(value: Any) -> Any:
    return value if isinstance(value, float) else as_plain(value)


def as_plain(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    names = getattr(value, "_fields", None) or getattr(value, "__attrs_attrs__", None)
    found = [getattr(one, "name", one) for one in names] if names else vars(value)
    return {name: as_plain(getattr(value, name)) for name in found}


@pytest.mark.parametrize(
    ("source", "params", "expected"),
    [
        ("class Q(dict): pass", {"a.b": 1}, "{'a': {'b': 1}}"),
        ("from argparse import Namespace as Q", {"a.b": 1}, "Namespace(a=Namespace(b=1))"),
        ("Q = TypedDict('Q', {'a.b': float})", {"a.b": 1}, "{'a.b': 1.0}"),
        ("@dataclass\nclass Q:\n    a: dict[str, float]", {"a.b": 1}, "Q(a={'b': 1.0})"),
        ("@dataclass\nclass Q:\n    a: P | None = None", {"a.x": 1}, "Q(a=P(x=1.0))"),
        ("@dataclass\nclass Q:\n    a: P | None = None", {"a": None}, "Q(a=None)"),
        ("@dataclass\nclass Q:\n    a: P | None = None", {}, "Q(a=None)"),
        ("@dataclass\nclass Q:\n    a: 'Annotated[P, 1]'", {"a.x": 1}, "Q(a=P(x=1.0))"),
        (
            "class Q:\n    def __init__(self, **more): self.more = more\n"
            "    __attrs_attrs__ = ()\n    def __repr__(self): return repr(self.more)",
            {"a.b.c": 1, "d": 2}, "{'a': {'b': {'c': 1}}, 'd': 2}",
        ),
    ],
)  # fmt: skip
def test_other_classes_get_groups_too(
    tmp_path: Path, source: str, params: dict[str, Any], expected: str
) -> None:
    reference = write(tmp_path, f"{source}\ndef train(p: Q, trial): return repr(p)\n")
    assert live_codes(experiment(reference, params=params), tmp_path) == []
    assert called(load_trainable(reference, tmp_path), **params) == expected


NESTED = """\
@dataclass
class Adam:
    beta: float
    eps: float = 1e-8

class Layers(BaseModel):
    width: int = Field(gt=1)

@dataclass
class Model:
    layers: Layers
    depth: int

@dataclass
class Q:
    model: Model
    adam: Adam | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    n: int = 1

def train(p: Q, trial): return p
"""
NEEDED = {"model.layers.width": 2, "model.depth": 1}
SEARCHED = {"type": "float", "low": 0.0, "high": 1.0}
KIND = {"type": "categorical", "choices": ["adam", "sgd"]}


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({}, "missing-parameter", "`model.layers.width`"),
        ({"model.depth": 1}, "missing-parameter", "`model.layers.width`"),
        ({**NEEDED, "model.layers.width": 1}, "wrong-parameter-type", "Layers says"),
        ({**NEEDED, "model.depth": "two"}, "wrong-parameter-type", "`params.model.depth` can be"),
        ({**NEEDED, "model.dept": 1}, "unknown-parameter", "did you mean `model.depth`?"),
        ({**NEEDED, "modle.depth": 1}, "unknown-parameter", "did you mean `model.depth`?"),
        ({**NEEDED, "model.layers.w": 1}, "unknown-parameter", "`params.model.layers.w`"),
        ({**NEEDED, "sizes.a": 0.5}, "wrong-parameter-type", "`params.sizes.a` can be 0.5"),
        ({**NEEDED, "n.a": 1}, "unknown-parameter", "`n` is a `int`: int is not a class"),
        ({**NEEDED, "adam.eps": 1}, "missing-parameter", "`adam.beta`"),
        ({"model": 3}, "wrong-parameter-type", "`params.model` can be 3"),
    ],
)
def test_a_fault_names_the_field_in_full(
    tmp_path: Path, params: dict[str, Any], code: str, said: str
) -> None:
    reference = write(tmp_path, NESTED)
    found = faults_of(tmp_path, reference, params=params)
    assert {fault.code for fault in found} <= {code, "missing-parameter"}
    assert said in "\n".join(map(str, found))


@pytest.mark.parametrize(
    ("beta", "eps", "codes"),
    [
        ({"kind": "adam"}, {"kind": "adam"}, []),
        ({"kind": ["adam", "sgd"]}, {"kind": "adam"}, []),
        ({}, {"kind": "adam"}, []),
        ({"kind": "adam"}, {}, ["missing-parameter"]),
        ({"kind": "adam"}, {"kind": "sgd"}, ["missing-parameter"]),
        ({"n": {"at_least": 2}}, {"n": {"at_least": 3}}, []),
        ({"n": {"at_least": 3}}, {"n": {"at_least": 2}}, ["missing-parameter"]),
        ({"kind": {"not": "sgd"}}, {"kind": "adam", "n": 4}, []),
        ({"any": [{"kind": "adam"}, {"n": 1}]}, {"all": [{"n": 1}, {"kind": "sgd"}]}, []),
    ],
)
def test_a_group_of_some_trials_needs_its_required_fields_in_those(
    tmp_path: Path, beta: dict[str, Any], eps: dict[str, Any], codes: list[str]
) -> None:
    reference = write(tmp_path, NESTED.replace("n: int = 1", "n: int = 1\n    kind: str = 'sgd'"))
    space = {
        "kind": KIND,
        "n": {"type": "int", "low": 1, "high": 4},
        "adam.beta": {**SEARCHED, "when": beta},
        "adam.eps": {**SEARCHED, "when": eps},
    }
    assert live_codes(experiment(reference, params=NEEDED, space=space), tmp_path) == codes
