"""A value of the experiment becomes what the annotation asks for, or is refused with the reason."""

import os
from collections.abc import Hashable
from dataclasses import InitVar
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NewType,
    Optional,
    SupportsFloat,
    TypeVar,
    Union,
)

import numpy as np
import pytest

from hpsearch.common.trial import Value
from hpsearch.trainable.conversion import convert
from hpsearch.trainable.hints import Unresolved
from hpsearch.trainable.instances import Misfit


class Kind(Enum):
    SGD = "sgd"
    ADAM = "adam"
    ADAPTIVE = "adam"  # another name


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Shape(Enum):
    FLAT = (1, 2)


class Word(StrEnum):
    A = "a"


class Rate(float):
    pass


Name = NewType("Name", Rate)
Bound = TypeVar("Bound", bound=float)
Chosen = TypeVar("Chosen", int, str)
Free = TypeVar("Free")


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        (float, 1, 1.0),
        (Optional[float], 1, 1.0),  # noqa: UP045
        (float | None, None, None),
        (int | float, 1, 1),
        (bool | int, True, True),
        (Annotated[float | None, "a note"], 2, 2.0),
        (Final[float], 1, 1.0),
        (InitVar[float], 1, 1.0),
        (Name, 1, Rate(1)),
        (Bound, 1, 1.0),
        (Chosen, "a", "a"),
        (Free, "a", "a"),
        (Any, None, None),
        (object, True, True),
        (Hashable, "a", "a"),
        (SupportsFloat, 1, 1),
        (Literal["a", "b"] | None, None, None),
        (Optional[Literal["a", "b"]], "b", "b"),  # noqa: UP045
        (Union[Literal["auto"], float], 1, 1.0),  # noqa: UP007
        (Kind, "sgd", Kind.SGD),
        (Kind, "ADAM", Kind.ADAM),
        (Kind, "ADAPTIVE", Kind.ADAM),
        (Kind | None, "adam", Kind.ADAM),
        (Level, 2, Level.HIGH),
        (Shape, "FLAT", Shape.FLAT),
        (Word, "a", Word.A),
        (Literal[Kind.SGD, "none"], "SGD", Kind.SGD),
        (Literal[Kind.SGD, "none"], "none", "none"),
        (Path, "a/b", Path("a/b")),
        (Path | None, "a", Path("a")),
        (PurePosixPath, "a", PurePosixPath("a")),
        (os.PathLike[str], "a", Path("a")),
        (str | Path, "a", "a"),
        (Decimal, 0.1, Decimal("0.1")),
        (Fraction, 0.5, Fraction(1, 2)),
        (complex, 1, 1 + 0j),
        (np.float32, 0.5, np.float32(0.5)),
        (np.float64 | None, 1, np.float64(1)),
        (np.int64, 3, np.int64(3)),
        (np.bool_, True, np.True_),
        (np.str_, "a", np.str_("a")),
    ],
)
def test_a_value_becomes_what_the_annotation_says(hint: Any, value: Value, expected: Any) -> None:
    made = convert(value, hint)
    assert made == expected and type(made) is type(expected)


@pytest.mark.parametrize(
    ("hint", "value", "said"),
    [
        (int, True, "int"),
        (int, 1.5, "int"),
        (bool, 1, "bool"),
        (float, True, "float"),
        (float, 10**400, "float"),
        (str, 1, "str"),
        (Literal[True], 1, "True"),
        (Literal["a"] | None, "b", "'a' | None"),
        (Level, True, "Level (LOW = 1, HIGH = 2)"),
        (Literal[Kind.SGD], "adam", "Kind.SGD = 'sgd'"),
        (np.int8, 300, "np.int8"),
        (np.float32, 1e300, "np.float32"),
        (np.bool_, 1, "np.bool"),
        (Path, 1, "Path"),
        (int | int | None, "a", "int | None"),
    ],
)
def test_what_the_annotation_does_not_admit_is_refused(hint: Any, value: Value, said: str) -> None:
    with pytest.raises(Misfit) as refused:
        convert(value, hint)
    assert refused.value.why == f"its annotation says {said}."


def test_the_fix_names_what_an_enum_takes() -> None:
    with pytest.raises(Misfit, match=r"Kind \(SGD = 'sgd', ADAM = 'adam'\)") as refused:
        convert("rmsprop", Kind | None)
    assert refused.value.fix == "write a value of the enum, or the name of a member."


@pytest.mark.parametrize("hint", [bytes, np.ndarray])
def test_a_type_that_yaml_does_not_have_says_so(hint: Any) -> None:
    with pytest.raises(Misfit, match="the experiment can give a number, a text") as refused:
        convert(1, hint)
    assert "give it a default" in refused.value.fix


def test_an_annotation_that_cannot_be_evaluated_says_why() -> None:
    with pytest.raises(Misfit, match="`Gone` cannot be evaluated: NameError") as refused:
        convert(1, Unresolved("Gone", "NameError: no."))
    assert "not only for type checkers" in refused.value.fix
