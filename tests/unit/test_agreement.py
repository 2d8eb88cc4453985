"""`validate` and `run` agree: the source says nothing else than the imported module.

And what is valid is filled and called; nothing ends as a bug of hpsearch.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.common.errors import UserError
from hpsearch.common.trial import TrialState
from hpsearch.display.live_table import choose_display
from hpsearch.experiment import dump_yaml
from hpsearch.store import open_store
from hpsearch.trainable import Given, live_faults, load_trainable
from hpsearch.usecases import Source, run, validate
from tests.trainables import IMPORTS, called, experiment, live_codes, source_codes, write

PLAIN_IMPORTS = """\
from dataclasses import dataclass, field
from pathlib import Path
from typing import *

"""
NAMED_IMPORTS = PLAIN_IMPORTS.replace("*", "Any, Literal, Optional, Union")

ANNOTATIONS = [
    *("int", "float", "bool", "str", "None", "Any", "object", "complex", "Path", "list[int]"),
    *("int | None", "Optional[float]", "Union[int, str]", "'float | None'", "float | Path"),
    *("Literal['a', 'b']", "Literal['a'] | None", "Optional[Literal[1, True]]", "Literal[-1, 0.5]"),
    *("Decimal", "Kind", "Kind | None", "Literal[Kind.SGD]", "Level", "Annotated[float, 'note']"),
    *("np.float32", "np.int8 | None", "np.bool_", "NewType('N', float)", "TypeVar('T', int, str)"),
    *("dict[str, int]", "Sequence[int]", "Callable[[int], int]", "ClassVar[int]"),
    *("InitVar[float]", "Final[int]", "'Missing'", "Literal", "Optional", "int | 3", "'not a ('"),
]  # fmt: skip
DEFAULTS = ["", " = None", " = 1", " = field(default=1)", " = field(default_factory=list)", " = []"]
CLASSES = [
    "@dataclass\nclass Q:\n    x: {annotation}{default}\n",
    "@dataclass(kw_only=True)\nclass Q:\n    y: int = 1\n    x: {annotation}{default}\n",
    "@dataclass\nclass Q:\n    y: int = 1\n    x: {annotation}{default}\n",
    "class Q(NamedTuple):\n    x: {annotation}{default}\n",
    "class Q(TypedDict):\n    x: {annotation}\n",
    "@attrs.define\nclass Q:\n    x: {annotation}{default}\n",
    "class Q(BaseModel):\n    x: {annotation}{default}\n",
    "class Q:\n    x: {annotation}{default}\n",
]
PARAMETERS = [
    "p: Q",
    "p: 'Q'",
    "p: Q | None",
    "p: Optional[Q]",
    "p",
    "p: dict",
    "p: Any",
    "p: Gone",
]
REST = [", trial", ", trial: 'Trial'", ", trial: Gone", "", ", trial, more", ", trial, more=1"]
DEFINITIONS = [
    "def train({taken}): return p\n",
    "async def train({taken}): return p\n",
    "def train({taken}):\n    if 0: yield\n    return p\n",
    "def train({taken}):\n    def inner(): yield 1\n    return p\n",
    "@functools.cache\ndef train({taken}): return p\n",
    "@functools.wraps(print)\ndef train({taken}): return p\n",
    "def base({taken}): return p\ntrain = functools.partial(base)\n",
    "class Trainer:\n    def __call__(self, {taken}): return p\ntrain = Trainer()\n",
    "if True:\n    def train({taken}): return p\n",
    "def train(): ...\ndef train({taken}): return p\n",
    "def train({taken}): return p\ntrain = 3\n",
    "def trian({taken}): return p\n",
]
VALUES = [0, 1, -1, 0.5, True, "a", "sgd", "ADAM", None, 300, 10**30]


@st.composite
def sources(draw: st.DrawFn) -> str:
    """Return a module's source: plain more often than not, so that both ways are taken."""
    plain = draw(st.sampled_from([True, True, False]))
    imports = draw(st.sampled_from([NAMED_IMPORTS, PLAIN_IMPORTS] if plain else [IMPORTS]))
    postponed = draw(st.sampled_from(["", "from __future__ import annotations\n"]))
    pick = _first_few if plain else _any
    declared = draw(pick(CLASSES, 3)).format(
        annotation=draw(pick(ANNOTATIONS, 19)), default=draw(pick(DEFAULTS, 4))
    )
    taken = draw(pick(PARAMETERS, 2)) + draw(pick(REST, 2))
    return postponed + imports + declared + draw(pick(DEFINITIONS, 1)).format(taken=taken)


def _first_few(options: Sequence[str], few: int) -> st.SearchStrategy[str]:
    first = st.sampled_from(options[:few])
    return st.one_of(first, first, first, st.sampled_from(options))


def _any(options: Sequence[str], few: int) -> st.SearchStrategy[str]:
    return st.sampled_from(options)


sections = st.one_of(
    st.just({}),
    st.sampled_from(VALUES).map(lambda value: {"params": {"x": value}}),
    st.just({"params": {"x": 1, "other": 2}}),
    st.just({"space": {"x": {"type": "float", "low": 0.0, "high": 1.0}}}),
    st.just({"space": {"x": {"type": "int", "low": 0, "high": 200}}}),
    st.lists(st.sampled_from(VALUES[3:]), min_size=1, unique=True).map(
        lambda values: {"space": {"x": {"type": "categorical", "choices": values}}}
    ),
)


@settings(max_examples=400)
@given(source=sources(), sections=sections)
def test_the_source_says_nothing_else_than_the_imported_module(
    tmp_path: Path, source: str, sections: dict[str, dict[str, object]]
) -> None:
    asked = experiment(write(tmp_path, source, imports=""), **sections)
    live = live_codes(asked, tmp_path)
    from_source = source_codes(asked, tmp_path)
    assert from_source is None or from_source == live
    if live == [] and "space" not in sections:
        _is_called(asked.reference, tmp_path, sections.get("params", {}))


def _is_called(reference: str, folder: Path, params: dict[str, object]) -> None:
    try:
        assert called(load_trainable(reference, folder), **params) is not NotImplemented
    except TypeError as error:  # functools.cache wants its arguments hashable: the user's own
        assert "unhashable" in str(error), error


CASES = [
    ("@dataclass\nclass Q:\n    x: Literal['a', 'b'] | None\n", "p: Q, trial", "a", []),
    ("@dataclass\nclass Q:\n    x: Kind\n", "p: Q, trial", "rmsprop", ["wrong-parameter-type"]),
    ("@dataclass\nclass Q:\n    x: Any\n", "p: Q | None, trial", "a", []),
    ("class Q(BaseModel):\n    x: int = Field(gt=1)\n", "p: Q, t", 1, ["wrong-parameter-type"]),
    ("class Q: pass\n", "p: Q, trial", 1, ["unfit-parameters"]),
    ("", "trial", 1, ["trainable-arguments"]),
    ("raise RuntimeError\n", "p, trial", 1, ["broken-trainable"]),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "taken", "value", "expected"), CASES)
def test_validate_and_run_give_the_same_faults(
    tmp_path: Path, declared: str, taken: str, value: object, expected: list[str]
) -> None:
    reference = write(tmp_path, f"{declared}def train({taken}): ...\n")
    asked = experiment(reference, params={"x": value})
    assert [fault.code for fault in live_faults(reference, tmp_path, Given.of(asked))] == expected
    assert live_codes(asked, tmp_path) == expected


SEARCHED = """\
def decorator(function):
    @functools.wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner

@dataclass
class Q:
    kind: Kind
    root: Path | None
    rate: Optional[np.float32]
    mode: Literal["fast", "slow"] | None
    more: list[int] = field(default_factory=list)

@decorator
async def train(params: Q | None, trial: "Trial"):
    assert isinstance(params.kind, Kind) and isinstance(params.root, Path), params
    assert isinstance(params.rate, np.float32), params
    trial.report(1, {"value": float(params.rate)})
"""


def test_what_is_valid_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    asked = experiment(
        write(tmp_path, SEARCHED),
        params={"kind": "ADAM", "root": "data"},
        space={
            "rate": {"type": "float", "low": 0.0, "high": 1.0},
            "mode": {"type": "categorical", "choices": ["fast", None]},
        },
        budget={"trials": 2},
    )
    file = tmp_path / "experiment.yaml"
    file.write_text(dump_yaml(asked.model_dump(mode="json")))
    source = Source.read(file)
    validate(source)
    store = open_store("studies").study(asked.name)
    result = run(source, choose_display(quiet=True), store=store, local=True)
    assert [record.state for record in result.records] == [TrialState.COMPLETE] * 2


def test_what_is_not_valid_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    reference = write(tmp_path, "@dataclass\nclass Q:\n    kind: Kind\ndef train(p: Q, t): ...\n")
    asked = experiment(reference, params={"kind": "rmsprop"})
    file = tmp_path / "experiment.yaml"
    file.write_text(dump_yaml(asked.model_dump(mode="json")))
    studies, source = tmp_path / "studies", Source.read(file)
    with pytest.raises(UserError) as validated:
        validate(source)
    with pytest.raises(UserError) as ran:
        run(source, choose_display(quiet=True), store=open_store(studies).study(asked.name))
    assert ran.value.faults == validated.value.faults
    assert [fault.code for fault in ran.value.faults] == ["wrong-parameter-type"]
    assert not studies.exists()
