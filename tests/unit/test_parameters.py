"""The trainable gets its class, whichever library declares the fields, or the class is refused."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.trainable import load_trainable
from tests.trainables import called, experiment, live_codes, write

GENERIC = "T = TypeVar('T')\n@dataclass\nclass G(Generic[T]):\n    x: T | None\n\n"
POSTPONED = "from __future__ import annotations\n"


def filled(folder: Path, source: str, **params: object) -> str:
    reference = write(folder, f"{source}\n\ndef train(p: Q, trial): return repr(p)\n")
    assert live_codes(experiment(reference, params=params), folder) == []
    return str(called(load_trainable(reference, folder), **params))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@dataclass\nclass Q:\n    x: float\n    y: Level = 1", "Q(x=1.0, y=1)"),
        ("class Q(NamedTuple):\n    x: float\n    y: int = 3", "Q(x=1.0, y=3)"),
        ("class Q(TypedDict):\n    x: float\n    y: NotRequired[int]", "{'x': 1.0}"),
        ("class Q(TypedDict, total=False):\n    x: float\n    y: int", "{'x': 1.0}"),
        ("@attrs.frozen\nclass Q:\n    _x: float\n    y: int = 3", "Q(_x=1.0, y=3)"),
        ("@attrs.frozen\nclass Q:\n    x: list = attrs.field(converter=str)", "Q(x='1')"),
        ("class Q(BaseModel):\n    x: float\n    y: list = []", "Q(x=1.0, y=[])"),
        ("class Q(BaseModel):\n    y: float = Field(alias='x')", "Q(y=1.0)"),
        ("@checked\nclass Q:\n    x: float", "Q(x=1.0)"),
        ("from types import SimpleNamespace as Q", "namespace(x=1)"),
        ("from argparse import Namespace as Q", "Namespace(x=1)"),
        ("class Q(dict): pass", "{'x': 1}"),
        ("Q = Mapping[str, float]", "{'x': 1}"),
        ("Q = Any", "{'x': 1}"),
        ("Q = object", "{'x': 1}"),
        ("Q = P | None", "P(x=1.0)"),
        ("Q = Optional[P]", "P(x=1.0)"),
        ("Q = P | dict", "P(x=1.0)"),
        ("Q = Annotated[P, 'a note']", "P(x=1.0)"),
        ("Q = NewType('Q', P)", "P(x=1.0)"),
        ("Q = TypeVar('Q', bound=P)", "P(x=1.0)"),
        ("Q = TypeVar('Q', bound='P')", "P(x=1.0)"),
        (f"{GENERIC}Q = G[float]", "G(x=1.0)"),
        ("if TYPE_CHECKING:\n    from argparse import Namespace as N\nQ = 'N'", "Namespace(x=1)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("postponed", [False, True])
def test_a_class_is_filled(tmp_path: Path, source: str, expected: str, postponed: bool) -> None:
    reference = write(tmp_path, "")
    file = tmp_path / reference.partition(":")[0]
    head = POSTPONED if postponed else ""
    tail = f"{source}\n\ndef train(p: Q, trial): return repr(p)\n"
    file.write_text(head + file.read_text() + tail)
    assert live_codes(experiment(reference, params={"x": 1}), tmp_path) == []
    assert called(load_trainable(reference, tmp_path), x=1) == expected


def test_a_type_imported_for_type_checkers_alone_is_imported_for_the_field(tmp_path: Path) -> None:
    source = (
        "if TYPE_CHECKING:\n    from fractions import Fraction\n"
        "@dataclass\nclass Q:\n    x: 'Fraction'\n    y: 'Absent' = 3\n"
    )
    assert filled(tmp_path, source, x=0.5) == "Q(x=Fraction(1, 2), y=3)"


def test_only_what_a_constructor_takes_is_a_field(tmp_path: Path) -> None:
    source = (
        "@dataclass\nclass Q:\n    x: InitVar[float]\n    _: KW_ONLY\n"
        "    z: list = field(default_factory=list)\n    c: ClassVar[int] = 1\n"
        "    w: int = field(init=False, default=3)\n"
        "    def __post_init__(self, x): self.w = x\n"
    )
    assert filled(tmp_path, source, x=1) == "Q(z=[], w=1.0)"
    reference = write(tmp_path, source + "def train(p: Q, trial): ...")
    for name in ("w", "c", "_"):
        asked = experiment(reference, params={"x": 1.0, name: 2})
        assert live_codes(asked, tmp_path) == ["unknown-parameter"]


@pytest.mark.parametrize(
    ("source", "why", "fix"),
    [
        ("Q = int", "int is not a class with declared fields", "annotate it with a dataclass"),
        ("class Q: pass", "Q is not a class with declared fields", "annotate it with a dataclass"),
        ("@dataclass\nclass R: pass\nQ = P | R", "names more than one class", "name one of them"),
        ("Q = 'Gone'", "NameError: name 'Gone'", "import what it names at run time too"),
        ("if TYPE_CHECKING:\n    from nowhere import R\nQ = 'R'", "named 'nowhere'", "at run time"),
        ("class Q(BaseModel):\n    x: 'R' = 1", "name 'R' is not defined", "at run time too"),
        ("from hpsearch import Trial as Q", "that is the trial", "swap the two"),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_is_refused(tmp_path: Path, source: str, why: str, fix: str) -> None:
    reference = write(tmp_path, f"{source}\n\ndef train(p: Q, trial): ...\n")
    with pytest.raises(UserError) as refused:
        load_trainable(reference, tmp_path)
    (fault,) = refused.value.faults
    assert (fault.code, why in fault.why, fix in fault.fix) == ("unfit-parameters", True, True)


@pytest.mark.parametrize(
    ("source", "value", "codes"),
    [
        ("x: float = Field(gt=100)", 1, ["wrong-parameter-type"]),
        ("x: float = Field(gt=100)", 101, []),
        ("x: Kind", "sgd", []),
        ("x: Kind", "rmsprop", ["wrong-parameter-type"]),
        ("x: float\n    z: int", 1, ["missing-parameter"]),
        ("z: int = 1", 1, ["unknown-parameter"]),
        ("model_config = dict(extra='allow')", 1, []),
    ],
)
def test_pydantic_decides_on_its_values(
    tmp_path: Path, source: str, value: object, codes: list[str]
) -> None:
    model = f"class Q(BaseModel):\n    {source}\n"
    reference = write(tmp_path, model + "def train(p: Q, trial): ...\n")
    assert live_codes(experiment(reference, params={"x": value}), tmp_path) == codes


def test_a_needed_field_that_no_experiment_can_give_says_so(tmp_path: Path) -> None:
    reference = write(
        tmp_path, "@dataclass\nclass Q:\n    x: np.ndarray\ndef train(p: Q, t): ...\n"
    )
    assert live_codes(experiment(reference), tmp_path) == ["wrong-parameter-type"]
